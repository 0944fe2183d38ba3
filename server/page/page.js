// The page works without this file. With it: results follow the typing, and two keys reach the box.
"use strict";
(() => {
    const box = document.getElementById("q");
    const form = box && box.form;
    if (!form) return;

    let timer = 0, asked = 0, shown = 0, running = null;

    // The same page as a submit would give; only what changed is swapped. The line with role=status stays in place,
    // so that a screen reader hears the new count.
    const swap = (html, url) => {
        const next = new DOMParser().parseFromString(html, "text/html");
        const from = next.querySelector(".columns"), to = document.querySelector(".columns");
        if (!from || !to) return false;
        const said = document.getElementById("status"), says = from.querySelector("#status");
        if (said && says) {
            const words = says.textContent;
            says.replaceWith(said);
            to.replaceChildren(...from.childNodes);
            said.textContent = words;
        } else {
            to.replaceChildren(...from.childNodes);
        }
        document.title = next.title;
        history.replaceState(null, "", url);
        return true;
    };

    const address = () => {
        const fields = new URLSearchParams();
        for (const [name, value] of new FormData(form)) if (value !== "" && !(name === "sort" && value === "relevance")) fields.append(name, value);
        const query = fields.toString();
        return query ? "/search?" + query : "/";
    };

    const follow = async () => {
        const url = address(), number = ++asked;
        if (running) running.abort();
        running = new AbortController();
        try {
            const answer = await fetch(url, { signal: running.signal, headers: { Accept: "text/html" } });
            const html = await answer.text();
            // A late answer never overwrites a newer one.
            if (!answer.ok || number <= shown) return;
            if (swap(html, url)) shown = number;
        } catch (e) {
            // Aborted, or the server is away: Enter still asks in the plain way.
        }
    };

    if (document.querySelector(".columns")) {
        box.addEventListener("input", () => {
            clearTimeout(timer);
            timer = setTimeout(follow, 130);
        });
        form.addEventListener("change", (e) => { if (e.target !== box) follow(); });
    }
    // Without the fields that say nothing, for the address is what people copy.
    form.addEventListener("submit", (e) => {
        clearTimeout(timer);
        e.preventDefault();
        location.assign(address());
    });

    document.addEventListener("keydown", (e) => {
        const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName) || e.target.isContentEditable;
        const slash = e.key === "/" && !typing && !e.ctrlKey && !e.metaKey && !e.altKey;
        const k = e.key.toLowerCase() === "k" && (e.ctrlKey || e.metaKey) && !e.shiftKey && !e.altKey;
        if (!slash && !k) return;
        e.preventDefault();
        box.focus();
        box.select();
    });
})();
