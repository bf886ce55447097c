// What the record says of a text: underlines in it, and below it a list in which each mark can be
// reached and opened. The underlines are ranges that the browser paints (CSS custom highlights), so
// that no node of the text is touched: it stays what it is, to select, to copy and to compare.

const VERDICTS = {
  contradicted: { symbol: "≠", says: "the record says otherwise" },
  unsupported: { symbol: "?", says: "not in the record: check" },
  supported: { symbol: "=", says: "in the record" },
};
const CAUTION = "Marks direct your attention and prove nothing: a text without a mark may be wrong.";
const CHOSEN = "chosen";
let lists = 0;

function textMarks(box, body) {
  const id = `mkt-marks-${++lists}`;
  const view = marksLayout(id);
  const painted = paintedRanges();
  let rows = [];

  const choose = (row, isOpen) => {
    painted.remove(CHOSEN);
    rows.forEach((each) => each.open(each === row && isOpen));
    if (!isOpen) return;
    painted.add(CHOSEN, row.range);
    scrollInto(box, row.range);
  };

  const add = ([start, end, verdict, evidence, from, to]) => {
    const range = rangeOf(body, start, end);
    const sentence = rangeOf(body, from, to);
    if (!range || !VERDICTS[verdict]) return;
    const row = markRow(`${id}-${rows.length}`, range, verdict, evidence, sentence, choose);
    painted.add(verdict, range);
    rows.push(row);
    (verdict === "supported" ? view.found : view.flagged).append(row.line);
  };

  const clear = () => {
    painted.clear();
    rows = [];
    view.found.replaceChildren();
    view.flagged.replaceChildren();
    view.root.hidden = true;
  };

  body.addEventListener("click", (event) => {
    if (!getSelection().isCollapsed) return; // who selects text does not mean to open
    const row = rowAt(rows, event);
    if (!row) return;
    if (row.verdict === "supported") view.more.open = true;
    choose(row, true);
    row.line.scrollIntoView({ block: "nearest" });
  });

  clear();
  return {
    root: view.root,
    clear,
    // `from`: how many of the marks that are there already stay.
    show(from, marks, unlisted) {
      if (from < rows.length) clear();
      marks.forEach(add);
      view.root.hidden = !rows.length;
      view.tell(rows, unlisted);
    },
    remove: painted.clear,
  };
}

function marksLayout(id) {
  const root = element("section", "mkt-marks");
  const title = element("p", "mkt-marks-title");
  const flagged = element("ul", "mkt-marks-list");
  const more = element("details", "mkt-marks-more");
  const summary = element("summary");
  const found = element("ul", "mkt-marks-list");
  const note = element("p", "mkt-marks-note");
  root.id = id;
  root.setAttribute("aria-label", "To check");
  more.append(summary, found);
  root.append(title, flagged, more, note);

  const tell = (rows, unlisted) => {
    const count = (verdict) => rows.filter((row) => row.verdict === verdict).length;
    const [otherwise, missing, there] = ["contradicted", "unsupported", "supported"].map(count);
    const told = [
      otherwise && `${otherwise} where the record says otherwise`,
      missing && `${missing} not in the record`,
    ].filter(Boolean);
    title.textContent = `To check: ${told.join(", ") || "nothing was found"}`;
    summary.textContent = `In the record: ${there}`;
    more.hidden = !there;
    const left = `${unlisted.toLocaleString()} more marks are neither listed nor underlined. `;
    note.textContent = `${unlisted ? left : ""}${CAUTION}`;
  };
  return { root, flagged, found, more, tell };
}

function markRow(id, range, verdict, evidence, sentence, choose) {
  const { symbol, says } = VERDICTS[verdict];
  const line = element("li");
  const toggle = element("button", "mkt-mark");
  const sign = element("span", `mkt-mark-symbol mkt-mark-${verdict}`, symbol);
  const words = element("span", `mkt-mark-words mkt-mark-words-${verdict}`, String(range));
  const detail = element("div", "mkt-mark-detail");
  sign.setAttribute("aria-hidden", "true");
  toggle.type = "button";
  toggle.setAttribute("aria-controls", id);
  toggle.append(sign, words, element("span", "mkt-mark-says", ` ${says}`));
  detail.id = id;
  const record = evidence ? `Record, ${evidence}` : "Record: nothing about it was found";
  detail.append(
    element("p", "mkt-mark-evidence", record),
    element("p", "mkt-mark-sentence", `Text: ${sentence}`),
  );
  line.append(toggle, detail);

  const open = (isOpen) => {
    toggle.setAttribute("aria-expanded", isOpen);
    detail.hidden = !isOpen;
  };
  open(false);
  const row = { line, range, verdict, open };
  toggle.addEventListener("click", () => choose(row, detail.hidden));
  return row;
}

// The ranges of one view in the highlights, which all views of a page share by their names.
function paintedRanges() {
  const ours = new Map();
  const shared = (name) => {
    const registry = globalThis.CSS?.highlights;
    if (!registry) return null; // the list alone, then
    if (!registry.has(`mkt-${name}`)) registry.set(`mkt-${name}`, new Highlight());
    return registry.get(`mkt-${name}`);
  };
  const remove = (name) => {
    ours.get(name)?.forEach((range) => shared(name)?.delete(range));
    ours.delete(name);
  };
  return {
    add(name, range) {
      ours.set(name, [...(ours.get(name) ?? []), range]);
      shared(name)?.add(range);
    },
    remove,
    clear: () => [...ours.keys()].forEach(remove),
  };
}

// Nodes of the text only ever grow at their end, so a range stays where it is.
function rangeOf(body, start, end) {
  const range = document.createRange();
  let begin = 0;
  let isSet = false;
  for (const node of body.childNodes) {
    const last = begin + node.length;
    if (!isSet && start < last) {
      range.setStart(node, start - begin);
      isSet = true;
    }
    if (isSet && end <= last) {
      range.setEnd(node, end - begin);
      return range;
    }
    begin = last;
  }
  return null;
}

function rowAt(rows, { clientX: x, clientY: y }) {
  const holds = ({ left, right, top, bottom }) => left <= x && x <= right && top <= y && y <= bottom;
  return rows.find(({ range }) => [...range.getClientRects()].some(holds));
}

function scrollInto(box, range) {
  const place = range.getBoundingClientRect();
  const frame = box.getBoundingClientRect();
  if (place.top >= frame.top && place.bottom <= frame.bottom) return;
  box.scrollTop += place.top - frame.top - frame.height / 3;
}
