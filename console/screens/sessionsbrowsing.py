"""How a person moves through the list of sessions: opens, folds, marks, sorts, filters, goes back."""

from typing import TYPE_CHECKING, cast

from console.panes.sessionbar import FilterInput, SessionsHeader
from console.panes.sessionpreview import PreviewPane
from sessions.listing import Trial
from sessions.summary import Column, Order

if TYPE_CHECKING:
    from console.screens.sessions import SessionsScreen


class Browsing:
    """Actions of the Sessions screen on the list."""

    @property
    def _screen(self) -> "SessionsScreen":
        return cast("SessionsScreen", self)

    def action_filter(self) -> None:
        """Type a filter."""
        self._screen.query_one(FilterInput).focus()

    def action_open(self) -> None:
        """Play the session under the cursor back, or open the experiment; compare two marked."""
        if len(self._screen.view.marks) == 2:
            self._screen.compare()
            return
        key = self._screen.view.current
        row = self._screen.view.rows.get(key) if key is not None else None
        if row is None:
            return
        if isinstance(row, Trial):
            self._screen.console.open_experiment(row.id)
        else:
            self._screen.console.open_recording(row.id, turn=row.drift_turn)

    def action_fold(self, unfold: bool) -> None:
        """Show the runs of the experiment under the cursor, or no longer."""
        key = self._screen.view.current
        if key is None:
            return
        if key.kind == "run" and not unfold:
            place = next(
                at for at, one in enumerate(self._screen.view.keys)
                if one.kind == "trial" and one.number == key.trial
            )  # fmt: skip
            self._screen.table.move(place)
            key = self._screen.view.keys[place]
        if key.kind == "trial" and self._screen.view.fold(key.number, unfold=unfold):
            self._screen.relist()

    def action_mark(self) -> None:
        """Mark the row under the cursor."""
        self._screen.view.mark()
        self._screen.table.sync()
        self._screen.table.reveal()
        self._screen.query_one(SessionsHeader).refresh()
        self._screen.show_preview()

    def action_sort(self) -> None:
        """Sort by the next column that is shown."""
        shown = [column.name for column in self._screen.table.fitted]
        at = (
            shown.index(self._screen.view.order.column)
            if self._screen.view.order.column in shown
            else -1
        )
        self._screen.view.order = Order(shown[(at + 1) % len(shown)])
        self._screen.relist()

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self.sort_by(self._screen.view.order.column)

    def action_other(self) -> None:
        """From the list to the preview, and back."""
        preview = self._screen.query_one(PreviewPane)
        self._screen.set_focus(self._screen.table if self._screen.focused is preview else preview)

    def action_back(self) -> None:
        """Out of the filter, out of the trash, off the marks, and then back to the console."""
        if self._screen.focused is not self._screen.table:
            self._screen.set_focus(self._screen.table)
        elif self._screen.view.typed:
            self._screen.query_one(FilterInput).value = ""
        elif self._screen.view.query.trash:
            self._screen.action_trash()
        elif self._screen.view.marks:
            self._screen.view.marks.clear()
            self._screen.view.version += 1
            self._screen.sync()
        else:
            self._screen.dismiss(None)

    def sort_by(self, column: Column) -> None:
        """Sort by a column, or the other way round where it is sorted by that."""
        order = self._screen.view.order
        down = not order.down if order.column == column else column == "when"
        self._screen.view.order = Order(column, down)
        self._screen.relist()
