import pytest

from cards import elements as e


def test_a_property_the_schema_does_not_know_is_an_error() -> None:
    with pytest.raises(TypeError, match="TextBlock has no property 'isSubtel'"):
        e.TextBlock(text="hello", isSubtel=True)


def test_a_value_of_the_wrong_type_is_an_error() -> None:
    with pytest.raises(TypeError, match="isSubtle"):
        e.TextBlock(text="hello", is_subtle="yes")


def test_what_is_none_is_left_out() -> None:
    assert e.plain(e.TextBlock(text="hello", size=None)) == {"type": "TextBlock", "text": "hello", "wrap": True}


def test_a_card_says_version_and_schema_and_holds_plain_values_only() -> None:
    button = e.Execute(title="Go", verb="go", data={"id": "r1", "v": 3}, fallback=e.Submit(title="Go", data={}))
    card = e.plain(e.Card(body=[e.InputText(id="a", label="A", required=True)], actions=[button]))
    assert card["version"] == "1.5"
    assert card["actions"][0]["fallback"] == {"type": "Action.Submit", "title": "Go", "data": {}}
    assert card["body"][0] == {"type": "Input.Text", "id": "a", "label": "A", "isRequired": True}


def test_a_card_cannot_hold_what_json_cannot() -> None:
    with pytest.raises(TypeError, match="cannot hold object"):
        e.plain(e.Execute(data={"what": object()}))
