// The saved summaries, one page at a time. Rows are kept by patient from page to page, so that a
// refresh moves neither the focus nor a row that is open. All text is set as text.

const TYPING_PAUSE = 250; // milliseconds
let tables = 0;

export default {
  render({ model, el }) {
    const id = `mkt-table-${++tables}`;
    const view = layout(id, model.get("label"));
    const rows = new Map(); // of the page shown, by patient
    let timer = null;

    const turn = (offset) => model.send({ kind: "turn", offset, query: view.filter.value.trim() });
    const page = () => model.get("page");

    const show = () => {
      const { offset, limit, total, query, rows: shown, failure } = page();
      const found = shown.map((row) => keep(rows, row, model, id));
      const gone = [...rows.keys()].filter((key) => !shown.some((row) => row.id === key));
      gone.forEach((key) => rows.delete(key));
      arrange(view.body, found.map((row) => row.line));
      found.forEach((row, index) => row.show(shown[index], page().new === shown[index].id));
      if (document.activeElement !== view.filter) view.filter.value = query;
      view.newer.disabled = offset === 0;
      view.older.disabled = offset + limit >= (total ?? 0);
      view.count.textContent = counted(offset, shown.length, total, query);
      view.failure.textContent = failure;
      view.root.classList.toggle("mkt-table-empty", !shown.length);
      view.root.classList.toggle("mkt-table-blank", !total && !query);
    };

    const onMessage = (message) => {
      if (message.kind === "opened") rows.get(message.id)?.fill(message.text);
    };

    view.filter.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => turn(0), TYPING_PAUSE);
    });
    view.newer.addEventListener("click", () => turn(page().offset - page().limit));
    view.older.addEventListener("click", () => turn(page().offset + page().limit));
    model.on("change:page", show);
    model.on("msg:custom", onMessage);
    el.append(view.root);
    show();
    return () => {
      clearTimeout(timer);
      model.off("change:page", show);
      model.off("msg:custom", onMessage);
    };
  },
};

function layout(id, label) {
  const root = element("div", "mkt-table");
  const bar = element("div", "mkt-table-bar");
  const title = element("span", "mkt-table-title", label);
  const filter = element("input", "mkt-table-filter");
  const frame = element("div", "mkt-table-frame");
  const table = element("table");
  const body = element("tbody");
  const foot = element("div", "mkt-table-foot");
  const count = element("span", "mkt-table-count");
  const failure = element("div", "mkt-table-failure");
  const newer = element("button", "", "Newer");
  const older = element("button", "", "Older");
  title.id = `${id}-title`;
  filter.type = "search";
  filter.placeholder = "Filter by name or id";
  filter.setAttribute("aria-label", "Filter the table");
  table.setAttribute("aria-labelledby", title.id);
  failure.setAttribute("role", "alert");
  newer.type = older.type = "button";
  table.append(header(), body);
  frame.append(table);
  bar.append(title, filter);
  foot.append(count, newer, older);
  root.append(bar, failure, frame, foot);
  return { root, filter, body, count, failure, newer, older };
}

function header() {
  const head = element("thead");
  const line = element("tr");
  for (const [name, className] of [
    ["Patient", "mkt-table-patient"],
    ["Text", ""],
    ["Written by", "mkt-table-wide"],
    ["Saved", "mkt-table-wide"],
  ]) {
    const cell = element("th", className, name);
    cell.scope = "col";
    line.append(cell);
  }
  head.append(line);
  return head;
}

// The row of a patient: made once, then shown again with what is new.
function keep(rows, { id }, model, tableId) {
  if (!rows.has(id)) rows.set(id, tableRow(id, model, `${tableId}-${id}`));
  return rows.get(id);
}

function tableRow(id, model, textId) {
  const line = element("tr", "mkt-table-line");
  const patient = element("th", "mkt-table-patient");
  const toggle = element("button", "mkt-table-toggle");
  const number = element("span", "mkt-table-id", `ID ${id}`);
  const badge = element("span", "mkt-table-new", "new");
  const text = element("td", "mkt-table-text");
  const beginning = element("div", "mkt-table-beginning");
  const whole = element("div", "mkt-table-whole");
  const origin = element("div", "mkt-table-origin");
  const writer = element("td", "mkt-table-wide");
  const when = element("td", "mkt-table-wide");
  let isOpen = false;
  patient.scope = "row";
  toggle.type = "button";
  toggle.setAttribute("aria-controls", textId);
  text.id = textId;
  text.append(beginning, whole, origin);
  patient.append(toggle, number);
  line.append(patient, text, writer, when);

  const open = (wanted) => {
    isOpen = wanted;
    toggle.setAttribute("aria-expanded", isOpen);
    line.classList.toggle("mkt-table-open", isOpen);
    if (isOpen) model.send({ kind: "open", id });
  };
  line.addEventListener("click", () => {
    if (getSelection().isCollapsed) open(!isOpen); // who selects text does not mean to open
  });
  open(false);

  return {
    line,
    show(row, isNew) {
      writer.textContent = [row.how, row.model].filter(Boolean).join(", ");
      when.textContent = localTime(row.saved_at);
      toggle.textContent = row.name || "(no name)";
      beginning.textContent = row.excerpt;
      origin.textContent = [writer.textContent, when.textContent].filter(Boolean).join(" · ");
      if (isNew) toggle.after(badge);
      else badge.remove();
      line.classList.toggle("mkt-table-marked", isNew);
      if (isOpen) model.send({ kind: "open", id }); // its text may have changed
    },
    fill(summary) {
      whole.textContent = summary;
    },
  };
}

// Puts the lines in order and touches only what moved: moving a node takes its focus away.
function arrange(body, lines) {
  lines.forEach((line, index) => {
    if (body.children[index] !== line) body.insertBefore(line, body.children[index] ?? null);
  });
  while (body.children.length > lines.length) body.lastChild.remove();
}

function counted(offset, shown, total, query) {
  if (total === null || total === undefined) return "Loading …";
  if (!total) return query ? `No summary matches “${query}”.` : "No summary is saved yet.";
  const all = total.toLocaleString();
  return `${(offset + 1).toLocaleString()} to ${(offset + shown).toLocaleString()} of ${all}`;
}

function localTime(iso) {
  if (!iso) return "";
  const time = new Date(iso);
  if (Number.isNaN(time.valueOf())) return iso;
  return time.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

function element(tag, className = "", text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}
