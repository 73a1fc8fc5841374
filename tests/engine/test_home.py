"""Homes as values: what changed, put on what was there before."""

from engine.home import HomeCopy, HomeEntry, changed


def file(path: str, data: bytes = b"") -> HomeEntry:
    return HomeEntry(path=path, kind="file", mode=0o644, modified=1, data=data)


def folder(path: str) -> HomeEntry:
    return HomeEntry(path=path, kind="folder", mode=0o755, modified=1)


def test_a_home_is_what_came_less_what_went() -> None:
    first = changed(None, [folder("."), folder("a"), file("a/b", b"1"), file("c", b"22")], [])
    then = changed(first, [file("a/b", b"333"), file("d")], ["c"])
    assert [entry.path for entry in then.entries] == [".", "a", "a/b", "d"]
    assert (then.files, then.size) == (2, 3)
    assert (first.files, first.size) == (2, 3)


def test_a_folder_comes_before_what_is_in_it_whatever_the_names() -> None:
    # As texts, `a b/c` and `a-b` lie between `a` and `a/b`.
    entries = [file("a/b"), file("a-b"), folder("a"), folder("a b"), file("a b/c"), folder(".")]
    paths = [entry.path for entry in changed(None, entries, []).entries]
    assert paths == [".", "a", "a/b", "a b", "a b/c", "a-b"]


def test_what_became_another_kind_of_thing_replaces_it() -> None:
    before = changed(None, [folder("."), folder("a"), file("a/b")], [])
    after = changed(before, [file("a", b"now a file")], ["a/b"])
    assert after == HomeCopy(entries=(folder("."), file("a", b"now a file")))
