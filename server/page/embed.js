// <archive-search endpoint="http://archive.example:8080"> on another page: a search box whose results open in the archive.
// What stands within the element is shown where scripts are off: a plain form does. Words are completed where the archive
// allows the page's origin (--allow-origin); elsewhere the box works without.
"use strict";
(() => {
    if (!window.customElements || customElements.get("archive-search")) return;
    const own = document.currentScript ? document.currentScript.src : "";

    const originOf = (endpoint) => {
        try {
            const url = new URL(endpoint || own, document.baseURI);
            return url.protocol === "http:" || url.protocol === "https:" ? url.origin : null;
        } catch (e) {
            return null;
        }
    };

    const make = (name, attributes, ...kids) => {
        const element = document.createElement(name);
        for (const key in attributes) element.setAttribute(key, attributes[key]);
        element.append(...kids);
        return element;
    };

    // A sheet of its own, which the page's Content-Security-Policy lets pass where it forbids a style element.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(":host{display:block}form{display:flex;gap:.5rem}input{flex:1;min-width:0}" +
        "input,button{font:inherit;min-height:2.5rem;padding:0 .75rem}" +
        "label{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}");

    class ArchiveSearch extends HTMLElement {
        connectedCallback() {
            const origin = originOf(this.getAttribute("endpoint"));
            if (!origin || this.shadowRoot) return;
            const label = this.getAttribute("label") || "Search the archive";
            const list = make("datalist", { id: "words" });
            const box = make("input", { id: "q", name: "q", type: "search", list: "words", maxlength: "4096", autocomplete: "off",
                spellcheck: "false", placeholder: label });
            const form = make("form", { role: "search", method: "get", action: origin + "/search" },
                make("label", { for: "q" }, label), box, make("button", {}, "Search"), list);
            if (this.hasAttribute("target")) form.target = this.getAttribute("target");
            const root = this.attachShadow({ mode: "open" });
            root.adoptedStyleSheets = [sheet];
            root.append(form);
            this.complete(origin, box, list);
        }

        complete(origin, box, list) {
            let timer = 0, asked = 0, allowed = true;
            const ask = async () => {
                const number = ++asked;
                try {
                    const answer = await fetch(origin + "/v1/suggest?limit=8&q=" + encodeURIComponent(box.value));
                    const found = answer.ok ? (await answer.json()).completions : [];
                    if (number === asked) list.replaceChildren(...found.map((c) => make("option", { value: c.text })));
                } catch (e) {
                    allowed = false; // another origin than the archive lets in, or nobody there: not asked again
                }
            };
            box.addEventListener("input", () => {
                clearTimeout(timer);
                if (allowed && box.value.trim()) timer = setTimeout(ask, 150);
            });
        }
    }
    customElements.define("archive-search", ArchiveSearch);
})();
