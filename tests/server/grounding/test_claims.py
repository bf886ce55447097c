from server.grounding.claims import Claim, Sentence, Verdict, worst


def claims(*verdicts: Verdict) -> tuple[Claim, ...]:
    return tuple(Claim("x", 0, 1, "word", verdict) for verdict in verdicts)


def test_a_sentence_has_the_verdict_of_its_worst_claim() -> None:
    assert worst(claims("supported", "unsupported", "contradicted")) == "contradicted"
    assert worst(claims("supported", "unsupported")) == "unsupported"
    assert worst(claims("neutral", "supported")) == "supported"
    assert worst(()) == "neutral"


def test_a_sentence_is_flagged_for_what_the_record_does_not_say() -> None:
    verdicts: tuple[Verdict, ...] = ("supported", "unsupported", "contradicted", "neutral")
    flagged = [Sentence("", 0, 0, (), verdict).flagged for verdict in verdicts]
    assert flagged == [False, True, True, False]
