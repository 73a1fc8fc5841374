"""The panes of a new experiment: matrix, tasks, numbers and plan, over one draft."""

from textual import events
from textual.message import Message

from console.estimate import Estimate
from console.experiment.draft import Draft
from console.experiment.draftlines import (
    NUMBERS,
    matrix_column,
    matrix_lines,
    meaning,
    number_lines,
    plan_lines,
    task_lines,
)
from console.keymap import bindings
from console.panes.text import TextPane
from console.view.line import Piece
from engine.figures import number


class DraftPane(TextPane):
    """Lines with a cursor; what the keys do to them, the screen knows."""

    BINDINGS = bindings("choice")

    class Moved(Message):
        """An arrow was pressed: so many to the right and down."""

        def __init__(self, pane: "DraftPane", across: int, down: int) -> None:
            super().__init__()
            self.pane, self.across, self.down = pane, across, down

    class Pointed(Message):
        """A click: on a row, and in the matrix on a column."""

        def __init__(self, pane: "DraftPane") -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, draft: Draft, *, id: str) -> None:  # noqa: A002  # Textual's word for it
        super().__init__(id=id)
        self.draft = draft
        self.following = False
        self.row_at = 0
        self.column_at = 0
        self._head = 0
        """Rows over the first that the cursor can be on."""

    @property
    def rows_chosen(self) -> int:
        """How many rows the cursor can be on."""
        raise NotImplementedError

    def move(self, across: int, down: int) -> None:
        """The cursor to a neighbour."""
        self.row_at = min(max(self.row_at + down, 0), self.rows_chosen - 1)
        row = self.row_at + self._head
        if row < self.scroll_offset.y + self._head:
            self.scroll_to(y=self.row_at, animate=False)
        elif row >= self.scroll_offset.y + self.size.height:
            self.scroll_to(y=row - self.size.height + 1, animate=False)

    def action_move(self, across: int, down: int) -> None:
        """Tell the screen: where an arrow leads depends on what is chosen there."""
        self.post_message(self.Moved(self, across, down))

    def on_click(self, event: events.Click) -> None:
        """The cursor to the row under the pointer."""
        row = event.y + self.scroll_offset.y - self._head
        if 0 <= row < self.rows_chosen:
            self.row_at = row
            self.point(event.x)
            self.post_message(self.Pointed(self))

    def point(self, x: int) -> None:
        """The cursor to the column under the pointer, where there are columns."""

    def on_focus(self) -> None:
        """Show the cursor, once the pane knows that it has the focus."""
        self.call_next(self.sync)

    def on_blur(self) -> None:
        """Hide it, once the pane knows that it has lost the focus."""
        self.call_next(self.sync)


class MatrixPane(DraftPane):
    """Seeds down, elements across."""

    NAME = "CONFIGS"
    HELP = """\
Which configs are compared: a row for each seed, a column for each element.

- space on a name takes the row into the experiment, or leaves it out
- space on an element switches it; `·` is one that the seed has not
- Enter adds a second row of the same seed, to be switched otherwise
- `f` makes the row a factorial: all combinations of the elements marked `±`, a planned fraction of
  them above four. Only a factorial tells which element is the lever
"""

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft, id="matrix")
        self._head = 1

    @property
    def rows_chosen(self) -> int:
        """The rows of the matrix."""
        return len(self.draft.rows)

    @property
    def element(self) -> str:
        """The element the cursor is on; empty on a name."""
        return self.draft.columns[self.column_at - 1] if self.column_at else ""

    def move(self, across: int, down: int) -> None:
        """To a neighbour; across goes over the elements."""
        self.column_at = min(max(self.column_at + across, 0), len(self.draft.columns))
        super().move(0, down)

    def sync(self) -> None:
        """Draw the matrix."""
        cursor = (self.row_at, self.column_at) if self.has_focus else None
        self.subtitle = (meaning(self.draft, *cursor),) if cursor else ()
        self.show(matrix_lines(self.draft, cursor, self.width))

    def point(self, x: int) -> None:
        """The cursor to the element under the pointer, or to the config itself."""
        self.column_at = matrix_column(self.draft, x, self.width)


class TasksPane(DraftPane):
    """What the operator is asked."""

    NAME = "TASKS"
    HELP = """\
What the operator is asked. Every config is run equally often on each task, and compared on the same
one: tasks are blocks. One task alone is n = 1 of tasks.

Space takes a task or leaves it out; Enter on the last line asks for one in your own words.
"""

    @property
    def rows_chosen(self) -> int:
        """The tasks, and the line that adds one."""
        return len(self.draft.tasks) + 1

    def sync(self) -> None:
        """Draw the tasks."""
        chosen = len(self.draft.chosen)
        self.subtitle = (Piece(f"{number(chosen, 'task')} chosen", "subtitle"),)
        self.show(task_lines(self.draft, self.row_at if self.has_focus else None, self.width))


class NumbersPane(DraftPane):
    """How many, how warm, which models, with which dice."""

    NAME = "NUMBERS"
    HELP = """\
Left and right change a number; Enter types it. Several temperatures or models, separated by commas,
are each crossed with every config.

`stop`: after all runs, or when it is decided: then a config that cannot be the best gets no more runs,
and the experiment ends when the rest is separated.
"""

    @property
    def rows_chosen(self) -> int:
        """The numbers."""
        return len(NUMBERS)

    @property
    def number(self) -> str:
        """The one the cursor is on."""
        return NUMBERS[self.row_at]

    def sync(self) -> None:
        """Draw the numbers."""
        self.subtitle = (Piece("← → change · ⏎ type", "subtitle"),) if self.has_focus else ()
        self.show(number_lines(self.draft, self.row_at if self.has_focus else None, self.width))


class PlanPane(DraftPane):
    """What would be run, what it can tell, and how long it takes."""

    NAME = "PLAN"
    HELP = """\
What F10 starts: how many runs, what the design can tell apart, how many runs that takes, and how long,
with what that is estimated from.
"""

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft, id="planned")
        self.estimated: Estimate | None = None

    @property
    def rows_chosen(self) -> int:
        """Its lines, to be scrolled."""
        return max(self.row_count() - self.size.height + 1, 1)

    def move(self, across: int, down: int) -> None:
        """Scroll."""
        self.scroll_relative(y=down, animate=False)

    def sync(self) -> None:
        """Draw the plan."""
        self.show(plan_lines(self.draft, self.estimated))
