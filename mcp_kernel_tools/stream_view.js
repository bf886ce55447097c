// Text that only grows. One state per model, shared by all its views; nothing that is shown is ever
// rendered again, so a reader's selection and place stay. `textMarks` is text_marks.js, which the
// kernel sends along in front of this.

const SENTENCE_END = /(?<=[.!?…]["')\]]*)\s+|\n+/;
const SENTENCES_KEPT = 5;
const NODE_LENGTH = 4000; // appending to one long text node grows slower with its length
const NEAR_END = 12; // pixels: a reader this close to the end follows the text

export default () => {
  let number = 0;
  let text = "";
  let busy = false;
  let note = "";
  let source = ""; // who wrote the text
  let marks = [];
  let unlisted = 0; // marks that were too many to be sent
  let waiting = false; // for a snapshot
  const views = new Set();
  const tell = (action) => views.forEach(action);

  const clear = () => {
    text = note = source = "";
    marks = [];
    unlisted = 0;
    busy = true;
    tell((view) => view.clear());
  };

  const append = (more) => {
    text += more;
    busy = true;
    tell((view) => view.append(more));
  };

  const mark = (from, more, left) => {
    marks = [...marks.slice(0, from), ...more];
    unlisted = left;
    tell((view) => view.mark(from, more, unlisted));
  };

  const end = (said, by) => {
    note = said;
    source = by;
    busy = false;
    tell((view) => view.end(note, source));
  };

  const load = (snapshot) => {
    waiting = false;
    number = snapshot.number;
    if (!snapshot.text.startsWith(text)) clear();
    if (snapshot.text.length > text.length) append(snapshot.text.slice(text.length));
    mark(0, snapshot.marks, snapshot.unlisted);
    busy = snapshot.busy;
    if (!busy && text) end(snapshot.note, snapshot.source);
  };

  const receive = (model, message) => {
    if (message.kind === "snapshot") return load(message.snapshot);
    if (waiting || message.number <= number) return; // the snapshot holds it
    if (message.number !== number + 1) {
      waiting = true;
      return model.send({ kind: "sync" });
    }
    number = message.number;
    if (message.kind === "clear") clear();
    else if (message.kind === "append") append(message.text);
    else if (message.kind === "mark") mark(message.from, message.marks, message.unlisted);
    else end(message.note, message.source);
  };

  return {
    initialize({ model }) {
      const onMessage = (message) => receive(model, message);
      const onSnapshot = () => load(model.get("snapshot"));
      onSnapshot();
      model.on("msg:custom", onMessage);
      model.on("change:snapshot", onSnapshot);
      model.send({ kind: "hello" }); // the kernel learns that this front end could load
      return () => {
        model.off("msg:custom", onMessage);
        model.off("change:snapshot", onSnapshot);
      };
    },

    render({ model, el }) {
      const view = textView(el, model.get("label"));
      if (text) {
        view.resume(text, busy, note, source);
        view.mark(0, marks, unlisted);
      }
      views.add(view);
      return () => {
        views.delete(view);
        view.remove();
      };
    },
  };
};

function textView(el, label) {
  const box = element("div", "mkt-stream-box");
  const body = element("div", "mkt-stream-text");
  const footer = element("div", "mkt-stream-note");
  const writer = element("div", "mkt-stream-source");
  const marks = textMarks(box, body);
  const speech = speaker(`${label}, sentence by sentence`);
  box.tabIndex = 0; // with the keyboard, too, one can scroll it
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", label);
  box.append(body, speech.host);
  el.classList.add("mkt-live");
  el.append(box, footer, writer, marks.root);
  let node = null;
  let placed = 0; // where the view was put last: not there any more, the reader has moved it

  const put = (more) => {
    // Measured before the text grows: whoever scrolled up stays where they are. A view that became
    // narrower is no longer at its end, but nobody has moved it.
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
    const follows = atEnd || box.scrollTop === placed;
    if (!node || node.length > NODE_LENGTH) body.append((node = document.createTextNode(more)));
    else node.appendData(more);
    if (!follows) return;
    box.scrollTop = box.scrollHeight;
    placed = box.scrollTop;
  };
  // On the text, not on the region: a screen reader would hold back a log inside a busy region.
  const setBusy = (busy) => body.setAttribute("aria-busy", busy);
  const setNote = (note, source) => {
    footer.textContent = note;
    writer.textContent = source;
  };

  return {
    clear() {
      body.replaceChildren();
      node = null;
      placed = 0;
      speech.clear();
      marks.clear();
      setNote("", "");
      setBusy(true);
    },
    append(more) {
      setBusy(true);
      put(more);
      speech.hear(more);
    },
    mark: marks.show,
    end(note, source) {
      setBusy(false);
      setNote(note, source);
      if (node) speech.end(note || "End of text.");
    },
    resume(text, busy, note, source) {
      put(text);
      setBusy(busy);
      setNote(note, source);
    },
    remove: marks.remove,
  };
}

// What a screen reader hears: finished sentences, politely. It lies in a shadow root, so that the
// text of the region, when it is copied or searched, is the text alone.
function speaker(label) {
  const host = element("div", "mkt-stream-speech");
  const log = element("div");
  log.setAttribute("role", "log");
  log.setAttribute("aria-label", label);
  host.attachShadow({ mode: "open" }).append(log);
  let unfinished = "";

  const say = (sentence) => {
    if (!sentence.trim()) return;
    const line = element("p");
    line.textContent = sentence.trim();
    log.append(line);
    while (log.childElementCount > SENTENCES_KEPT) log.firstChild.remove();
  };

  return {
    host,
    clear() {
      log.replaceChildren();
      unfinished = "";
    },
    hear(more) {
      const sentences = (unfinished + more).split(SENTENCE_END);
      unfinished = sentences.pop();
      sentences.forEach(say);
    },
    end(last) {
      say(unfinished);
      unfinished = "";
      say(last);
    },
  };
}

function element(tag, className = "", text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}
