"use strict";
// Shows the OpenAPI document. Everything of it is written as text, never as markup.
(() => {
  const find = id => document.getElementById(id);
  const methods = ["get", "post", "put", "patch", "delete"];
  let root;

  function make(tag, text, ...children) {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    element.append(...children);
    return element;
  }

  // What a reference names, in up to some steps: a document may be wrong.
  function resolve(node) {
    for (let step = 0; node && node.$ref && step < 10; step++)
      node = node.$ref.slice(2).split("/").reduce((at, name) => at && at[name.replaceAll("~1", "/").replaceAll("~0", "~")], root);
    return node || {};
  }

  function typeOf(schema) {
    const named = schema && schema.$ref ? schema.$ref.split("/").pop() : "";
    const it = resolve(schema);
    const types = [].concat(it.type || []).filter(t => t !== "null");
    const type = types.join(" or ");
    const items = types.includes("array") && it.items ? " of " + (typeOf(it.items) || "values") : "";
    const more = it.enum ? ": " + it.enum.join(", ") : it.format ? " (" + it.format + ")" : "";
    return (named || type + items) + more;
  }

  function table(heads, rows) {
    const head = make("tr");
    heads.forEach(h => head.append(make("th", h)));
    const body = make("tbody");
    rows.forEach(row => {
      const line = make("tr");
      row.forEach(cell => line.append(make("td", cell)));
      body.append(line);
    });
    return make("table", "", make("thead", "", head), body);
  }

  function schemaTable(schema) {
    const parts = [resolve(schema)].flatMap(it => it.allOf || [it]).map(resolve);
    const properties = parts.flatMap(it => Object.entries(it.properties || {}));
    if (properties.length === 0) return [];
    const needed = parts.flatMap(it => it.required || []);
    return [table(["Field", "Type", ""], properties.map(([name, p]) => [name + (needed.includes(name) ? " *" : ""), typeOf(p), resolve(p).description || ""]))];
  }

  function example(content) {
    const media = content && Object.values(content)[0];
    return media && media.example !== undefined ? [make("pre", "", make("code", JSON.stringify(media.example, null, 2)))] : [];
  }

  function operation(path, method, it) {
    const section = make("section");
    section.id = it.operationId || method + path;
    section.append(make("h3", "", make("span", method), document.createTextNode(" " + path)), make("p", it.summary || ""));
    section.querySelector("span").className = "method";
    if (it.description) section.append(make("p", it.description));
    const parameters = (it.parameters || []).map(resolve);
    if (parameters.length > 0)
      section.append(make("h4", "Parameters"), table(["Name", "In", "Type", ""], parameters.map(p => [p.name + (p.required ? " *" : ""), p.in, typeOf(p.schema), p.description || ""])));
    const body = resolve(it.requestBody);
    const media = body.content && Object.values(body.content)[0];
    if (media) section.append(make("h4", "Body"), ...schemaTable(media.schema), ...example(body.content));
    section.append(make("h4", "Answers"), table(["Status", "", ""], Object.entries(it.responses || {}).map(([status, r]) => {
      const answer = resolve(r);
      const shown = answer.content && Object.values(answer.content)[0];
      return [status, answer.description || "", shown ? typeOf(shown.schema) : ""];
    })));
    section.dataset.words = [method, path, it.summary, it.operationId, ...(it.tags || [])].join(" ").toLowerCase();
    return section;
  }

  function show(described) {
    root = described;
    find("title").textContent = described.info.title;
    find("about").textContent = described.info.description || "";
    const groups = new Map();
    for (const [path, item] of Object.entries(described.paths))
      for (const method of methods.filter(m => item[m])) {
        const tag = (item[method].tags || ["Other"])[0];
        if (!groups.has(tag)) groups.set(tag, []);
        groups.get(tag).push([path, method, item[method]]);
      }
    for (const [tag, operations] of [...groups].sort(([a], [b]) => a.localeCompare(b))) {
      const group = make("div", "", make("h2", tag));
      const about = (described.tags || []).find(t => t.name === tag);
      find("main").append(make("h2", tag), make("p", about && about.description || ""));
      for (const [path, method, it] of operations) {
        const section = operation(path, method, it);
        const link = make("a", method.toUpperCase() + " " + path);
        link.href = "#" + section.id;
        link.dataset.words = section.dataset.words;
        group.append(link);
        find("main").append(section);
      }
      find("contents").append(group);
    }
    find("state").hidden = true;
    if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  }

  find("find").addEventListener("input", event => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    document.querySelectorAll("[data-words]").forEach(e => { e.hidden = !words.every(w => e.dataset.words.includes(w)); });
  });

  fetch("/openapi.json").then(answer => answer.ok ? answer.json() : Promise.reject(answer.status)).then(show)
    .catch(() => { find("state").textContent = "The description cannot be loaded now. Reload the page to try again."; });
})();
