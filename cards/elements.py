"""The `adaptivecards` package brought to version 1.5; a property it does not know is an error, never dropped."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from adaptivecards import containers, elements
from adaptivecards.adaptivecard import AdaptiveCard
from adaptivecards.baseobject import BareObject, Element, PropertyType

VERSION: Final = "1.5"
SCHEMA: Final = "http://adaptivecards.io/schemas/adaptive-card.json"


class Piece(BareObject):  # type: ignore[misc]  # the package is untyped
    """Anything on a card. `None` means a property is left out; the class's `kind` is what the wire calls `type`."""

    kind = ""
    _known: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._known = frozenset(n for part in cls.__mro__ for n, v in vars(part).items() if isinstance(v, PropertyType))

    def __init__(self, **properties: object) -> None:
        super().__init__()
        for name, value in properties.items():
            if name not in self._known:
                raise TypeError(f"{type(self).__name__} has no property {name!r}")
            if value is not None:
                setattr(self, name, value)
        if self.kind:
            self.set_data("type", self.kind)


class TextBlock(Piece, elements.TextBlock):  # type: ignore[misc]  # the package is untyped
    """Wraps, unlike the wire's default: a sentence cut off in the middle helps nobody."""

    kind = "TextBlock"
    is_subtle = PropertyType(type=bool, key_name="isSubtle")
    align = PropertyType(type=str, key_name="horizontalAlignment")
    style = PropertyType(type=str)  # "heading" for screen readers

    def __init__(self, **properties: object) -> None:
        super().__init__(**{"wrap": True, **properties})


class TextRun(Piece, elements.TextRun):  # type: ignore[misc]  # the package is untyped
    """Text that no client reads as Markdown."""

    kind = "TextRun"
    is_subtle = PropertyType(type=bool, key_name="isSubtle")
    font_type = PropertyType(type=str, key_name="fontType")


class Image(Piece, elements.Image):  # type: ignore[misc]  # the package is untyped
    """`alt` is what a screen reader says."""

    kind = "Image"
    alt = PropertyType(type=str, key_name="altText")
    align = PropertyType(type=str, key_name="horizontalAlignment")
    background = PropertyType(type=str, key_name="backgroundColor")
    width = PropertyType(type=str)


class RichTextBlock(Piece, elements.RichTextBlock):  # type: ignore[misc]  # the package is untyped
    kind = "RichTextBlock"


class Icon(Piece, Element):  # type: ignore[misc]  # the package is untyped
    """One of Fluent's icons, by its name; it only adds to what stands beside it. Clients without icons leave it out.

    https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format
    """

    kind = "Icon"
    name = PropertyType(type=str)
    size = PropertyType(type=str)
    style = PropertyType(type=str)
    color = PropertyType(type=str)
    fallback = PropertyType(type=str)

    def __init__(self, name: str, **properties: object) -> None:
        super().__init__(**{"name": name, "fallback": "drop", **properties})


class Badge(Piece, Element):  # type: ignore[misc]  # the package is untyped
    """A coloured word; a client without badges draws `fallback`, which says the same."""

    kind = "Badge"
    text = PropertyType(type=str)
    style = PropertyType(type=str)  # "Subtle", "Accent", "Good", "Warning" or "Attention"
    appearance = PropertyType(type=str)  # "Filled" or "Tint"
    shape = PropertyType(type=str)
    align = PropertyType(type=str, key_name="horizontalAlignment")
    fallback = PropertyType(type=BareObject)


class Persona(Piece, Element):  # type: ignore[misc]  # the package is untyped
    """Somebody with their picture, which the client itself gets by the rights of whoever looks; the bot never sees it.

    Clients that cannot show `fallback`, or nothing, where who it is stands beside it in words.
    https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format
    """

    kind = "Component"
    name = PropertyType(type=str)
    properties = PropertyType(type=dict)
    fallback = PropertyType(type=(BareObject, str))

    def __init__(self, person: str, called: str, upn: str, **properties: object) -> None:
        shown = {"id": person, "displayName": called, "userPrincipalName": upn}
        super().__init__(**{"name": "graph.microsoft.com/user", "properties": shown, "fallback": "drop", **properties})


class Container(Piece, containers.Container):  # type: ignore[misc]  # the package is untyped
    kind = "Container"
    visible = PropertyType(type=bool, key_name="isVisible")


class ColumnSet(Piece, containers.ColumnSet):  # type: ignore[misc]  # the package is untyped
    kind = "ColumnSet"


class Column(Piece, containers.Column):  # type: ignore[misc]  # the package is untyped
    kind = "Column"


class Fact(Piece, containers.Fact):  # type: ignore[misc]  # the package is untyped
    pass


class FactSet(Piece, containers.FactSet):  # type: ignore[misc]  # the package is untyped
    kind = "FactSet"


class ActionSet(Piece, containers.ActionSet):  # type: ignore[misc]  # the package is untyped
    kind = "ActionSet"


class Action(Piece):
    title = PropertyType(type=str)
    style = PropertyType(type=str)  # "positive" or "destructive"
    tooltip = PropertyType(type=str)
    enabled = PropertyType(type=bool, key_name="isEnabled")
    mode = PropertyType(type=str)  # "secondary" goes into the overflow menu
    fallback = PropertyType(type=(BareObject, str))
    id = PropertyType(type=str)


class Execute(Action):
    kind = "Action.Execute"
    verb = PropertyType(type=str)
    data = PropertyType(type=dict)


class Submit(Action):
    kind = "Action.Submit"
    data = PropertyType(type=dict)
    sends = PropertyType(type=str, key_name="associatedInputs")  # "none": whatever is filled in, or is not


class OpenUrl(Action):
    kind = "Action.OpenUrl"
    url = PropertyType(type=str)


class Toggle(Action):
    """Shows what is hidden, and hides it again, by its id; the server hears nothing of it."""

    kind = "Action.ToggleVisibility"
    targets = PropertyType(type=list, key_name="targetElements")


class ShowCard(Action):
    kind = "Action.ShowCard"
    card = PropertyType(type=BareObject)


class Input(Piece, Element):  # type: ignore[misc]  # the package is untyped
    label = PropertyType(type=str)
    required = PropertyType(type=bool, key_name="isRequired")
    error = PropertyType(type=str, key_name="errorMessage")


class InputText(Input):
    kind = "Input.Text"
    value = PropertyType(type=str)
    placeholder = PropertyType(type=str)
    multiline = PropertyType(type=bool, key_name="isMultiline")
    longest = PropertyType(type=int, key_name="maxLength")


class Option(Piece):
    title = PropertyType(type=str)
    value = PropertyType(type=str)


class InputChoiceSet(Input):
    kind = "Input.ChoiceSet"
    choices = PropertyType(type=list)
    dataset = PropertyType(type=dict, key_name="choices.data")  # where a client looks for more
    value = PropertyType(type=str)
    placeholder = PropertyType(type=str)
    style = PropertyType(type=str)  # "compact" or "expanded"
    wrap = PropertyType(type=bool)


class Refresh(Piece):
    action = PropertyType(type=Execute)
    users = PropertyType(type=list, key_name="userIds")


class Card(Piece, AdaptiveCard):  # type: ignore[misc]  # the package is untyped
    kind = "AdaptiveCard"
    refresh = PropertyType(type=Refresh)

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        self.set_data("version", VERSION)
        self.set_data("$schema", SCHEMA)


def plain(piece: object) -> Any:
    """Return a card as JSON values; anything else in it is a mistake of ours and a `TypeError`."""
    match piece:
        case str():
            return str(piece)
        case BareObject():
            return plain(piece.render())
        case dict():
            return {str(key): value if type(value) is str else plain(value) for key, value in piece.items()}
        case list() | tuple():
            return [plain(part) for part in piece]
        case bool() | int() | float() | None:
            return piece
        case _:
            raise TypeError(f"a card cannot hold {type(piece).__name__}")
