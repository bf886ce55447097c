from typing import Any

from mcp_kernel_tools.saved_copy import SavedCopy, text_bundle


def test_an_empty_copy_takes_no_room(published: list[dict[str, Any]]) -> None:
    SavedCopy("Summary").show()
    assert published[0]["data"] == {
        "text/html": '<div class="mkt-saved" hidden></div>',
        "text/plain": "",
    }


def test_an_update_goes_to_the_output_that_was_made(published: list[dict[str, Any]]) -> None:
    copy = SavedCopy("Summary")
    copy.show()
    copy.update("The patient is well.")
    made, updated = published
    assert updated["update"]
    assert updated["transient"] == made["transient"]
    assert updated["data"]["text/plain"] == "The patient is well."


def test_a_copy_that_is_shown_again_shows_what_it_holds(published: list[dict[str, Any]]) -> None:
    copy = SavedCopy("Summary")
    copy.update("The patient is well.", "Edited by hand.")
    assert published == []
    copy.show()
    assert published[0]["data"]["text/plain"] == "The patient is well.\n[Edited by hand.]"


def test_a_live_page_may_hide_the_copy_and_the_copy_the_dead_widget(
    published: list[dict[str, Any]],
) -> None:
    copy = SavedCopy("Summary")
    copy.update("Text.")
    copy.show()
    shown = published[0]["data"]["text/html"]
    assert '<section class="mkt-saved">' in shown
    assert ".jupyter-widgets:not(:has(*)) { display: none; }" in shown


def test_text_and_note_are_text() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    bundle = text_bundle(hostile, hostile)
    assert "<img" not in bundle["text/html"]
    assert bundle["text/plain"] == f"{hostile}\n[{hostile}]"


def test_the_label_is_text(published: list[dict[str, Any]]) -> None:
    copy = SavedCopy("<b>")
    copy.update("Text.")
    copy.show()
    assert "<b>" not in published[0]["data"]["text/html"]
