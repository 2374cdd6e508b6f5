"""The questions of a month and their replies, and the dialog of one question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from nicegui import ui

from govsim.analysis.tables.formatting import count, dollars
from govsim.characters import counted, name_text, shortened
from govsim.errors import JournalError
from govsim.journal import FRAMEWORK, Call, Shortened, known_sum
from govsim.web.month_state import Attempt, QuestionState
from govsim.web.parts.listing import ListColumn, Listing, ListRow
from govsim.web.run_state import RunState
from govsim.web.theme import chips, colour_of, dialog, figure, mark_of, note, said, short, subheading, wrong

_WHO = """
<button class="linklike who">
  <span class="face face-small" :style="'--colour:' + props.row.colour" aria-hidden="true">{{ props.row.mark }}</span>
  {{ props.row.who }}
</button>
"""
_REPLY = """
<span v-if="props.row.refused" class="badge badge-failed">
  <q-icon name="error" aria-hidden="true"></q-icon>{{ props.row.refused }}
</span> {{ props.row.reply }}
"""


def _beginning(one: QuestionState) -> str:
    return short(" ".join(one.attempts[-1].beginning.split()), 120)


def _who(member: str) -> str:
    return "framework" if member == FRAMEWORK else short(member, 40)


def _order(one: QuestionState) -> str:
    return f"{one.key.phase} {one.key.purpose} {one.key.ordinal:06}"


def what(one: QuestionState) -> str:
    """The purpose of a question in a few words."""
    number = f" {one.key.ordinal + 1}" if one.key.ordinal else ""
    phase = "" if one.key.phase == one.key.purpose else f" ({name_text(one.key.phase)})"
    return short(f"{name_text(one.key.purpose)}{number}{phase}", 60)


def _sum_of(name: str) -> Callable[[QuestionState], float | None]:
    """A function that sums an attribute over the attempts of a question; None if one is unknown."""
    return lambda one: known_sum(getattr(attempt, name) for attempt in one.attempts)


_tokens, _cost = _sum_of("tokens"), _sum_of("cost")

COLUMNS: tuple[ListColumn[QuestionState], ...] = (
    ListColumn(name="who", label="Member", key=lambda one: one.key.member, cell=_WHO),
    ListColumn(name="what", label="Purpose", key=_order, shown=what, classes="mark"),
    ListColumn(name="reply", label="Last reply", shown=_beginning, cell=_REPLY, classes="words"),
    ListColumn(
        name="attempts", label="Attempts", key=lambda one: len(one.attempts), kind="count", classes="phone-hidden"
    ),
    ListColumn(name="tokens", label="Tokens", key=_tokens, shown=lambda one: count(_tokens(one)), kind="count"),
    ListColumn(
        name="cost",
        label="Cost",
        key=_cost,
        shown=lambda one: dollars(_cost(one)),
        kind="dollars",
        classes="phone-hidden",
    ),
    ListColumn(name="seconds", label="Time", key=_sum_of("seconds"), kind="duration"),
)


def question_list(
    opened: Callable[[QuestionState], object], roster: Callable[[], Sequence[str]]
) -> Listing[QuestionState]:
    """Create the list of the questions of a month, initially empty.

    Args:
        opened: called with the question that is clicked.
        roster: returns all members.
    """

    def more(one: QuestionState) -> ListRow:
        refused = sum(attempt.is_unreadable for attempt in one.attempts)
        return {
            "who": _who(one.key.member),
            "mark": mark_of(one.key.member, roster()),
            "colour": colour_of(one.key.member, roster()),
            "refused": f"{refused} unreadable" if refused else "",
        }

    return Listing(COLUMNS, lambda one: f"{one.key.call}.{one.key.member}", more, opened=opened)


def show_question(state: RunState, one: QuestionState, link: str, closed: Callable[[], None]) -> None:
    """Show a question with everything that was sent and received.

    Args:
        state: the run.
        one: the question.
        link: the address that opens the dialog.
        closed: called when the dialog is closed.
    """
    with dialog(f"Month {one.month} · {_who(one.key.member)} · {what(one)}", closed=closed, link=link):
        try:
            for number, attempt in enumerate(one.attempts):
                _attempt(state, attempt, number, len(one.attempts))
        except JournalError as error:
            wrong("This question cannot be shown.", str(error))


def _attempt(state: RunState, attempt: Attempt, number: int, of: int) -> None:
    call = state.call_at(attempt)
    is_last = number == of - 1
    title = "Reply" if of == 1 else f"Attempt {number + 1} of {of}"
    with ui.element("section").classes("stack-tight"):
        subheading(title)
        _figures(call)
        if call.refused is not None:
            wrong("Unreadable reply.", call.refused)
        with ui.element("div").classes("box"):
            said(call.reply or "(empty reply)", classes="mono")
        if call.values:
            _values(call.values)
        if call.reasoning:
            with ui.expansion("Reasoning of the model", icon="psychology").classes("box"):
                said(call.reasoning, classes="mono")
        with ui.expansion("Prompt as sent", icon="outbox", value=is_last).classes("box"):
            if call.shortened is not None:
                note(_omitted(call.shortened))
            for name in call.messages:
                _message(state, name)


def _figures(call: Call) -> None:
    cached = "" if call.cached_tokens is None else f" ({figure(call.cached_tokens)} cached)"
    facts = [
        call.model,
        f"{count(call.input_tokens)} tokens in{cached}",
        f"{count(call.output_tokens)} tokens out",
        f"cost {dollars(call.cost)}",
        figure(call.seconds, "duration"),
        f"stop reason: {shortened(call.stop_reason, 30)}",
    ]
    chips(*facts, *([f"sent again {counted(call.retries, 'time')}"] if call.retries else []), classes="number")


def _values(values: Mapping[str, int | str | None]) -> None:
    """The values parsed from a reply, as recorded in the journal."""
    with ui.element("div").classes("row-line"):
        note("Parsed values:")
        for tag, value in values.items():
            text = "none" if value is None else " ".join(str(value).split())
            ui.label(short(f"{tag}: {text}", 120)).classes("chip number")


def _message(state: RunState, name: str) -> None:
    message = state.message(name)
    with ui.element("div").classes("stack-tight").style("margin-bottom: 10px"):
        note(message.role).classes("strong")
        said(message.content, classes="mono", folded=6000)


def _omitted(omitted: Shortened) -> str:
    parts = [
        counted(omitted.months, "month"),
        counted(omitted.memories, "memory", "memories"),
        counted(omitted.lines, "utterance"),
    ]
    return f"Omitted to fit into {counted(omitted.limit, 'token')}: {', '.join(parts)}, the oldest of each."
