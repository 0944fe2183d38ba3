"""schema.py: as much of JSON Schema 2020-12 as openapi.yaml uses, and the look-up of an answer's schema in it."""
import re


class Spec:
    def __init__(self, document):
        self.document = document

    def deref(self, node):
        while isinstance(node, dict) and "$ref" in node:
            at = self.document
            for part in node["$ref"].lstrip("#/").split("/"):
                at = at[part]
            node = at
        return node

    def operation(self, method, path):
        """The operation and path pattern for a concrete path, literal segments first."""
        best = None
        for pattern, item in self.document["paths"].items():
            shape = "^" + re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(pattern)) + "$"
            if re.match(shape, path) and (best is None or "{" in best[0]):
                best = (pattern, item)
        if best is None:
            return None, None
        return best[0], best[1].get("get" if method == "HEAD" else method.lower())

    def check_answer(self, method, path, status, content_type, value):
        """What is wrong with an answer, as a list of sentences. value: parsed JSON, or None where it is none."""
        pattern, operation = self.operation(method, path)
        if operation is None:
            answer = self.deref({"$ref": "#/components/responses/Problem"})
            if status not in (404, 405, 204) and status < 400:
                return ["no operation %s %s in openapi.yaml, but the answer is %d" % (method, path, status)]
        else:
            responses = operation["responses"]
            key = str(status) if str(status) in responses else "default"
            if key == "default" and status < 400:
                return ["%s %s does not describe the status %d" % (method, pattern, status)]
            answer = self.deref(responses[key])
        content = answer.get("content", {})
        kind = (content_type or "").split(";")[0].strip()
        if not content:
            return [] if not kind else ["status %d has a Content-Type, but no content is described" % status]
        if kind == "application/problem+json" and status >= 400:
            content = self.deref({"$ref": "#/components/responses/Problem"})["content"]
        if kind not in content:
            return ["%s %s: %d with Content-Type %r is not described" % (method, path, status, kind)]
        if value is None:
            return []
        return self.check(content[kind].get("schema", {}), value, "$")

    def check(self, schema, value, at):
        schema = self.deref(schema)
        wrong = []
        for key, rule in schema.items():
            test = getattr(self, "rule_" + key.replace("$", ""), None)
            if test:
                wrong += test(rule, value, at, schema)
        return wrong

    TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}

    def is_type(self, name, value):
        if name == "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        if name == "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        return isinstance(value, self.TYPES[name])

    def rule_type(self, rule, value, at, schema):
        names = rule if isinstance(rule, list) else [rule]
        return [] if any(self.is_type(n, value) for n in names) else ["%s: %r is no %s" % (at, value, "/".join(names))]

    def rule_enum(self, rule, value, at, schema):
        return [] if value in rule else ["%s: %r is none of %r" % (at, value, rule)]

    def rule_const(self, rule, value, at, schema):
        return [] if value == rule and type(value) is type(rule) else ["%s: %r is not %r" % (at, value, rule)]

    def rule_oneOf(self, rule, value, at, schema):
        n = sum(not self.check(s, value, at) for s in rule)
        return [] if n == 1 else ["%s: %d of the alternatives hold, not one" % (at, n)]

    def rule_required(self, rule, value, at, schema):
        return ["%s: no member %s" % (at, n) for n in rule if isinstance(value, dict) and n not in value]

    def rule_properties(self, rule, value, at, schema):
        if not isinstance(value, dict):
            return []
        return [w for n, s in rule.items() if n in value for w in self.check(s, value[n], at + "." + n)]

    def rule_additionalProperties(self, rule, value, at, schema):
        if not isinstance(value, dict):
            return []
        others = [n for n in value if n not in schema.get("properties", {})]
        if rule is False:
            return ["%s: member %s is not described" % (at, n) for n in others]
        return [w for n in others for w in self.check(rule, value[n], at + "." + n)] if isinstance(rule, dict) else []

    def rule_items(self, rule, value, at, schema):
        if not isinstance(value, list):
            return []
        return [w for i, v in enumerate(value) for w in self.check(rule, v, "%s[%d]" % (at, i))]

    def rule_prefixItems(self, rule, value, at, schema):
        if not isinstance(value, list):
            return []
        return [w for s, v in zip(rule, value) for w in self.check(s, v, at)]

    def rule_minItems(self, rule, value, at, schema):
        return [] if not isinstance(value, list) or len(value) >= rule else ["%s: fewer than %d items" % (at, rule)]

    def rule_maxItems(self, rule, value, at, schema):
        return [] if not isinstance(value, list) or len(value) <= rule else ["%s: more than %d items" % (at, rule)]

    def rule_minimum(self, rule, value, at, schema):
        return [] if not isinstance(value, (int, float)) or value >= rule else ["%s: %r < %r" % (at, value, rule)]

    def rule_maximum(self, rule, value, at, schema):
        return [] if not isinstance(value, (int, float)) or value <= rule else ["%s: %r > %r" % (at, value, rule)]

    def rule_minLength(self, rule, value, at, schema):
        return [] if not isinstance(value, str) or len(value) >= rule else ["%s: %r is too short" % (at, value)]

    def rule_maxLength(self, rule, value, at, schema):
        return [] if not isinstance(value, str) or len(value) <= rule else ["%s: longer than %d" % (at, rule)]

    def rule_pattern(self, rule, value, at, schema):
        return [] if not isinstance(value, str) or re.search(rule, value) else ["%s: %r does not match %s" % (at, value, rule)]

    def rule_format(self, rule, value, at, schema):
        if rule != "date-time" or not isinstance(value, str):
            return []
        return [] if re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", value) else ["%s: %r is no RFC 3339" % (at, value)]
