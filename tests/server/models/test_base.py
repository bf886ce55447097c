from server.models.base import Options


def test_a_choice_stands_over_the_default() -> None:
    defaults = Options(temperature=0.2, seed=1, max_tokens=200)
    chosen = Options(temperature=0.0, seed=7).over(defaults)
    assert chosen == Options(temperature=0.0, seed=7, max_tokens=200)
    assert Options().over(defaults) == defaults
