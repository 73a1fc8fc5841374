from console.experiment.canvas import Canvas


def text(canvas: Canvas) -> list[str]:
    return ["".join(piece.text for piece in row) for row in canvas.drawn()]


def test_every_dot_of_a_cell_is_its_bit() -> None:
    for x, y, character in (
        (0, 0, "⠁"), (0, 1, "⠂"), (0, 2, "⠄"), (0, 3, "⡀"),
        (1, 0, "⠈"), (1, 1, "⠐"), (1, 2, "⠠"), (1, 3, "⢀"),
    ):  # fmt: skip
        canvas = Canvas(1, 1)
        canvas.dot(x, y, "a")
        assert text(canvas) == [character]


def test_a_line_has_both_its_ends_and_no_gap() -> None:
    canvas = Canvas(4, 1)
    canvas.line(0, 0, 7, 0, "a")
    assert text(canvas) == ["⠉⠉⠉⠉"]
    upright = Canvas(1, 2)
    upright.line(0, 7, 0, 0, "a")
    assert text(upright) == ["⡇", "⡇"]
    point = Canvas(1, 1)
    point.line(1, 3, 1, 3, "a")
    assert text(point) == ["⢀"]


def test_dots_beside_the_canvas_are_left_out() -> None:
    canvas = Canvas(2, 1)
    canvas.line(-5, 0, 50, 0, "a")
    canvas.dot(0, 4, "a")
    canvas.dot(-1, 0, "a")
    assert text(canvas) == ["⠉⠉"]


def test_a_cell_has_all_dots_and_the_style_of_the_last() -> None:
    canvas = Canvas(1, 1)
    canvas.dot(0, 0, "a")
    canvas.dot(1, 3, "b")
    (row,) = canvas.drawn()
    assert [(piece.text, piece.style) for piece in row] == [("⢁", "b")]


def test_letters_hide_dots_and_stay_on_the_canvas() -> None:
    canvas = Canvas(3, 1)
    canvas.line(0, 0, 5, 0, "a")
    canvas.write(2, 0, "xyz", "b")
    canvas.write(0, 1, "no", "b")
    assert text(canvas) == ["⠉⠉x"]


def test_rows_are_as_wide_as_the_canvas() -> None:
    canvas = Canvas(5, 3)
    canvas.dot(9, 11, "a")
    assert text(canvas) == ["     ", "     ", "    ⢀"]


def test_a_stippled_area_is_sparse_and_inside_its_bounds() -> None:
    canvas = Canvas(4, 2)
    canvas.stipple(0, 7, 0, 3, "band")
    above, below = text(canvas)
    assert below == "    "
    dots = sum(bin(ord(character) - 0x2800).count("1") for character in above)
    assert 0 < dots <= 8
