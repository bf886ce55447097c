// Speaks to the elements around it. It is an element of its own kind, because only such an element
// is told when it comes into the page: when it is made, nothing is around it yet.

const NAME = "mkt-form-frame";

class FormFrame extends HTMLElement {
  connectedCallback() {
    this.closest(".mkt-form")?.addEventListener("focusin", keepKeys);
    speak(this.closest(".mkt-row-status"));
  }
}

// The row stays while its text is replaced: a region that comes with its text is not read out.
function speak(row) {
  row?.setAttribute("role", "status");
  row?.setAttribute("aria-label", "Status");
  row?.setAttribute("aria-live", "polite");
}

// Else the arrows go to another cell, and "d d" deletes this one. JupyterLab looks for the attribute
// from the focused element upwards, but its shortcuts fit that element already: it must have it.
function keepKeys({ target }) {
  target.setAttribute("data-lm-suppress-shortcuts", "true");
}

// Each form brings this file, and a name is given once in a page.
if (!customElements.get(NAME)) customElements.define(NAME, FormFrame);

export default {
  render({ el }) {
    el.append(document.createElement(NAME));
  },
};
