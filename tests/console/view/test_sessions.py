"""The state behind the table of sessions: cursor, marks, folds, and which rows are to be read."""

from console.view.sessions import SHIPPED_HEADING, SessionsView
from sessions.listing import Key, Listed
from sessions.summary import Query


def session(number: int) -> Key:
    return Key(kind="session", number=number)


def view_of(count: int, shipped: int = 0) -> SessionsView:
    view = SessionsView()
    take(view, range(count), shipped)
    return view


def take(view: SessionsView, numbers: range, shipped: int = 0) -> None:
    keys = [session(number) for number in numbers]
    others = [Key(kind="shipped", number=number) for number in range(shipped)]
    view.listed(Listed(keys, len(keys), (10, 0)), others)


def test_shipped_recordings_stand_below_a_heading_of_their_own() -> None:
    view = view_of(2, shipped=2)
    assert [key.kind for key in view.keys] == [
        "session",
        "session",
        "heading",
        "shipped",
        "shipped",
    ]
    assert not view.empty
    assert view_of(0, shipped=2).empty
    assert view_of(0).keys == []


def test_the_cursor_stays_on_its_row_else_on_its_place_and_begins_anew_with_a_query() -> None:
    view = view_of(10)
    view.move(4)
    take(view, range(2, 10))
    assert view.current == session(4)
    take(view, range(5, 10))
    assert view.cursor == 2
    view.ask(Query(task="x"))
    take(view, range(20, 30))
    assert view.cursor == 0
    take(view, range(0))
    view.move(7)
    assert (view.cursor, view.chosen()) == (0, [])


def test_rows_are_wanted_by_the_page_and_asked_for_once() -> None:
    view = view_of(1000)
    wanted = view.wanted(500, 20)
    assert session(500) in wanted
    assert len(wanted) < 200
    view.fill(wanted, {})
    assert view.wanted(500, 20) == []
    assert view.wanted(505, 20) == []
    assert view.wanted(0, 20)


def test_a_heading_is_no_row_to_read() -> None:
    view = view_of(0, shipped=1)
    assert SHIPPED_HEADING not in view.wanted(0, 20)


def test_what_is_marked_is_meant_else_what_is_under_the_cursor() -> None:
    view = view_of(5, shipped=1)
    assert view.chosen() == [session(0)]
    view.mark()
    view.mark()
    assert view.chosen() == [session(0), session(1)]
    view.move(0)
    view.mark()
    assert view.chosen() == [session(1)]
    take(view, range(2, 5))
    assert view.marks == set()


def test_a_heading_is_neither_marked_nor_meant() -> None:
    view = view_of(0, shipped=1)
    assert view.current == SHIPPED_HEADING
    assert view.chosen() == []
    view.mark()
    assert view.marks == set()


def test_a_fold_says_whether_it_changes_anything() -> None:
    view = view_of(1)
    assert view.fold(3, unfold=True)
    assert not view.fold(3, unfold=True)
    assert view.fold(3, unfold=False)
    assert view.unfolded == set()


def test_the_trash_stays_the_trash_whatever_is_asked() -> None:
    view = view_of(1)
    view.query = Query(trash=True)
    view.ask(Query(task="x"))
    assert (view.query.trash, view.query.task) == (True, "x")
