// The frames on the wire, newest last. A row is made once and never changed, so that neither a
// selection nor the focus is lost while frames come in. All text is set as text.

const NEAR = 24; // pixels: who is so near to the end wants to stay there
let panels = 0;

export default {
  render({ model, el }) {
    const id = `mkt-wire-${++panels}`;
    const view = layout(id);
    const rows = new Map(); // by number
    let last = 0;

    const add = (fresh) => {
      const follow = atEnd(view.frame);
      for (const row of fresh.filter(([number]) => number > last)) {
        const shown = frameRow(row, model, id);
        rows.set(row[0], shown);
        view.body.append(shown.line, shown.detail);
        last = row[0];
      }
      for (const number of [...rows.keys()].slice(0, -model.get("shown"))) {
        rows.get(number).line.remove();
        rows.get(number).detail.remove();
        rows.delete(number);
      }
      view.count.textContent = counted(rows.size, last);
      if (follow) view.frame.scrollTop = view.frame.scrollHeight;
    };

    const onMessage = (message) => {
      if (message.kind === "frames") add(message.rows);
      if (message.kind === "opened") rows.get(message.number)?.fill(message.text);
    };

    view.tokens.addEventListener("change", () => {
      view.root.classList.toggle("mkt-wire-no-tokens", !view.tokens.checked);
    });
    view.root.addEventListener("focusin", ({ target }) => {
      // JupyterLab's arrows would go to another cell; it asks the focused element itself first.
      target.setAttribute("data-lm-suppress-shortcuts", "true");
    });
    model.on("msg:custom", onMessage);
    el.append(view.root);
    model.send({ kind: "shown" });
    return () => {
      model.off("msg:custom", onMessage);
      model.send({ kind: "gone" });
    };
  },
};

function layout(id) {
  const root = element("section", "mkt-wire");
  const bar = element("div", "mkt-wire-bar");
  const title = element("span", "mkt-wire-title", "On the wire");
  const count = element("span", "mkt-wire-count", "No frame yet.");
  const choice = element("label", "mkt-wire-choice");
  const tokens = element("input");
  const frame = element("div", "mkt-wire-frame");
  const table = element("table");
  const body = element("tbody");
  title.id = `${id}-title`;
  root.setAttribute("aria-labelledby", title.id);
  table.setAttribute("aria-labelledby", title.id);
  frame.tabIndex = 0; // scrolls by keys
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", "Frames");
  tokens.type = "checkbox";
  tokens.checked = true;
  choice.append(tokens, " Show tokens");
  table.append(header(), body);
  frame.append(table);
  bar.append(title, count, choice);
  root.append(bar, frame);
  return { root, count, tokens, frame, body };
}

function header() {
  const head = element("thead");
  const line = element("tr");
  for (const name of ["Time", "Direction", "Method or kind", "Bytes"]) {
    const cell = element("th", name === "Bytes" ? "mkt-wire-bytes" : "", name);
    cell.scope = "col";
    line.append(cell);
  }
  head.append(line);
  return head;
}

function frameRow([number, time, direction, kind, bytes, begin], model, panel) {
  const line = element("tr", "mkt-wire-line");
  const detail = element("tr", "mkt-wire-detail");
  const cell = element("td");
  const toggle = element("button", "mkt-wire-toggle", kind);
  const named = element("td");
  const text = element("pre", "mkt-wire-text", begin);
  const way = direction === "sent" ? "→ sent" : "← received";
  detail.id = `${panel}-${number}`;
  detail.hidden = true;
  cell.colSpan = 4;
  toggle.type = "button";
  toggle.setAttribute("aria-expanded", "false");
  toggle.setAttribute("aria-controls", detail.id);
  for (const row of [line, detail]) row.classList.toggle("mkt-wire-token", kind === "stream_token");
  named.append(toggle);
  line.append(
    element("td", "mkt-wire-time", clock(time)),
    element("td", "", way),
    named,
    element("td", "mkt-wire-bytes", bytes.toLocaleString()),
  );
  cell.append(text);
  detail.append(cell);

  line.addEventListener("click", () => {
    if (!getSelection().isCollapsed) return; // who selects text does not mean to open
    detail.hidden = !detail.hidden;
    toggle.setAttribute("aria-expanded", String(!detail.hidden));
    if (detail.hidden) return;
    model.send({ kind: "open", number });
    detail.scrollIntoView({ block: "nearest" });
  });

  return {
    line,
    detail,
    fill(whole) {
      text.textContent = whole;
      if (!detail.hidden) detail.scrollIntoView({ block: "nearest" }); // it is longer now
    },
  };
}

function counted(shown, all) {
  if (!all) return "No frame yet.";
  return shown < all ? `The last ${shown} of ${all.toLocaleString()} frames` : `${all} frames`;
}

function clock(milliseconds) {
  const time = new Date(milliseconds);
  const fraction = String(time.getMilliseconds()).padStart(3, "0");
  return `${time.toLocaleTimeString(undefined, { hourCycle: "h23" })}.${fraction}`;
}

function atEnd(frame) {
  return frame.scrollHeight - frame.scrollTop - frame.clientHeight < NEAR;
}

function element(tag, className = "", text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}
