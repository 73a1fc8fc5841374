"""The product of a few rows with a compact weight, written in LLVM's intermediate language.

A weight is read in the order in which it lies (`engine.model.compact`): tiles of 32 outputs, within a
tile blocks of 32 inputs, within a block one input after another with its 32 weights, which two
vectors hold once they are widened. Each output is one sum in one place of a vector, and goes over the
inputs in order, one fused multiplication and addition after another: that is how oneDNN's packed
products for AVX-512 add up, which start anew after a span of inputs and add the sums of the spans.
Lanes, tiles and threads never add into each other, so that what comes out depends on none of them.
"""

from collections.abc import Callable

LANES = 16
TILE = 2 * LANES
"""Outputs of a tile; also inputs of a block."""

NAMES = ("weight", "rows", "out", "inputs", "outputs", "tiles", "span", "groups")
"""Arguments of the compiled function, 64 bits each: three addresses, then numbers. `rows` is
`[groups * rows, inputs]`, `out` `[groups * rows, outputs]`, both float32."""

_VECTOR = f"<{LANES} x float>"
_WORK = 8
"""Products of rows and inputs in one turn of the innermost loop: more take longer to compile."""
_AHEAD = 4096
"""Bytes that are asked for before they are needed; measured: a third faster than without."""
_LINE = 64
_HALVES = (0, 1)
_SCALES = TILE * 2
"""Bytes of a float16 number for each output of a tile."""


def block_bytes(form: str) -> int:
    """Bytes of a block in a form that `text` knows."""
    head, each, _ = _FORMS[form]
    return head * _SCALES + TILE * each


def text(form: str, rows: int, shared: bool) -> str:
    """A module with the function `product`, for groups of so many rows.

    `shared`: the work is shared out to the threads of the OpenMP runtime, whose names (of GNU's)
    have to be known where it is compiled.
    """
    head, each, widen = _FORMS[form]
    size = head * _SCALES + TILE * each
    lines = [_DECLARED, "define internal void @share(ptr %call, i64 %me, i64 %all) {", "start:"]
    for index, name in enumerate(NAMES):
        lines.append(f"%{name}.at = getelementptr i64, ptr %call, i64 {index}")
        kind = "ptr" if index < 3 else "i64"
        lines.append(f"%{name} = load {kind}, ptr %{name}.at")
    lines += _tiles(rows, size)
    lines += _scales(head)
    lines.append(f"%block.weights = getelementptr i8, ptr %block.at, i64 {head * _SCALES}")
    lines += _inner(rows, each, widen)
    lines += _sums(rows)
    lines.append(_ENDS)
    lines += _entry(shared)
    return "\n".join(lines)


def _tiles(rows: int, size: int) -> list[str]:
    """The loops over tiles, groups of rows, spans and blocks, down to where a block begins."""
    tile = f"""
    %blocks = udiv i64 %inputs, {TILE}
    %tile.bytes = mul i64 %blocks, {size}
    %before = mul i64 %tiles, %me
    %first = udiv i64 %before, %all
    %me.next = add i64 %me, 1
    %until = mul i64 %tiles, %me.next
    %last = udiv i64 %until, %all
    br label %tile.test
    tile.test:
    %tile = phi i64 [%first, %start], [%tile.next, %tile.done]
    %tile.more = icmp ult i64 %tile, %last
    br i1 %tile.more, label %tile.begin, label %end
    tile.begin:
    %tile.offset = mul i64 %tile, %tile.bytes
    %tile.at = getelementptr i8, ptr %weight, i64 %tile.offset
    %column = mul i64 %tile, {TILE}
    br label %group.begin
    group.begin:
    %group = phi i64 [0, %tile.begin], [%group.next, %group.done]
    %row = mul i64 %group, {rows}"""
    lines = [tile]
    lines.extend(
        f"""
        %row{row} = add i64 %row, {row}
        %row{row}.in = mul i64 %row{row}, %inputs
        %in{row} = getelementptr float, ptr %rows, i64 %row{row}.in
        %row{row}.out = mul i64 %row{row}, %outputs
        %row{row}.column = add i64 %row{row}.out, %column
        %out{row}.0 = getelementptr float, ptr %out, i64 %row{row}.column
        %out{row}.1 = getelementptr float, ptr %out{row}.0, i64 {LANES}"""
        for row in range(rows)
    )
    lines.append("""
    br label %span.begin
    span.begin:
    %from = phi i64 [0, %group.begin], [%to, %span.done]
    %far = add i64 %from, %span
    %over = icmp ugt i64 %far, %inputs
    %to = select i1 %over, i64 %inputs, i64 %far
    br label %block.begin
    block.begin:
    %input = phi i64 [%from, %span.begin], [%input.next, %block.done]""")
    lines.extend(
        f"%held{name} = phi {_VECTOR} [zeroinitializer, %span.begin], [%sum{name}, %block.done]"
        for name in _each(rows)
    )
    lines.append(f"""
    %block = udiv i64 %input, {TILE}
    %block.offset = mul i64 %block, {size}
    %block.at = getelementptr i8, ptr %tile.at, i64 %block.offset""")
    return lines


def _scales(count: int) -> list[str]:
    """A block's numbers for each output, float16, widened."""
    lines = []
    for index in range(count):
        for half in _HALVES:
            name = f"scale{index}.{half}"
            offset = index * _SCALES + half * LANES * 2
            lines.append(f"""
            %{name}.at = getelementptr i8, ptr %block.at, i64 {offset}
            %{name}.narrow = load <{LANES} x half>, ptr %{name}.at, align 2
            %{name} = fpext <{LANES} x half> %{name}.narrow to {_VECTOR}""")
    return lines


def _inner(rows: int, each: int, widen: Callable[[int], list[str]]) -> list[str]:
    """The loop over a block's inputs, whose weights have so many bytes each."""
    lines = [
        "br label %inner\ninner:",
        "%inside = phi i64 [0, %block.begin], [%inside.next, %inner]",
    ]
    lines.extend(
        f"%sum{name}.0 = phi {_VECTOR} [%held{name}, %block.begin], [%sum{name}, %inner]"
        for name in _each(rows)
    )
    lines.append(f"""
    %inside.offset = mul i64 %inside, {each}
    %weights = getelementptr i8, ptr %block.weights, i64 %inside.offset
    %inside.input = add i64 %input, %inside""")
    step = _step(rows)
    lines.extend(
        f"""
        %ahead{offset} = getelementptr i8, ptr %weights, i64 {_AHEAD + offset}
        call void @llvm.prefetch.p0(ptr %ahead{offset}, i32 0, i32 3, i32 1)"""
        for offset in range(0, step * each, _LINE)
    )
    lines.extend(
        f"%in{row}.at = getelementptr float, ptr %in{row}, i64 %inside.input" for row in range(rows)
    )
    for turn in range(step):
        lines.append(f"%weights{turn} = getelementptr i8, ptr %weights, i64 {turn * each}")
        lines += widen(turn)
        for row in range(rows):
            lines += _multiply(turn, row, step)
    lines.append(f"""
    %inside.next = add i64 %inside, {step}
    %inside.more = icmp ult i64 %inside.next, {TILE}
    br i1 %inside.more, label %inner, label %block.done""")
    return lines


def _multiply(turn: int, row: int, step: int) -> list[str]:
    """One input of one row times its weights, added to that row's sums."""
    name = f"one{turn}.{row}"
    lines = [
        f"""
    %{name}.at = getelementptr float, ptr %in{row}.at, i64 {turn}
    %{name} = load float, ptr %{name}.at
    %{name}.first = insertelement {_VECTOR} poison, float %{name}, i64 0
    %{name}.all = shufflevector {_VECTOR} %{name}.first, {_VECTOR} poison, \
<{LANES} x i32> zeroinitializer"""
    ]
    for half in _HALVES:
        became = f"%sum{row}.{half}" + (f".{turn + 1}" if turn + 1 < step else "")
        lines.append(
            f"{became} = call {_VECTOR} @llvm.fma.v{LANES}f32({_VECTOR} %{name}.all,"
            f" {_VECTOR} %wide{turn}.{half}, {_VECTOR} %sum{row}.{half}.{turn})"
        )
    return lines


def _sums(rows: int) -> list[str]:
    """What becomes of the sums of a span: the first is put down, others are added to what is there."""
    lines = [
        f"""
    block.done:
    %input.next = add i64 %input, {TILE}
    %input.more = icmp ult i64 %input.next, %to
    br i1 %input.more, label %block.begin, label %span.sum
    span.sum:
    %is.first = icmp eq i64 %from, 0
    br i1 %is.first, label %put, label %add
    put:"""
    ]
    lines += [f"store {_VECTOR} %sum{name}, ptr %out{name}, align 4" for name in _each(rows)]
    lines.append("br label %span.done\nadd:")
    for name in _each(rows):
        lines.append(f"""
        %there{name} = load {_VECTOR}, ptr %out{name}, align 4
        %both{name} = fadd {_VECTOR} %sum{name}, %there{name}
        store {_VECTOR} %both{name}, ptr %out{name}, align 4""")
    return lines


def _entry(shared: bool) -> list[str]:
    arguments = ", ".join(f"i64 %{name}" for name in NAMES)
    lines = [f"define void @product({arguments}) {{", f"%call = alloca [{len(NAMES)} x i64]"]
    for index, name in enumerate(NAMES):
        lines.append(f"%{name}.at = getelementptr i64, ptr %call, i64 {index}")
        lines.append(f"store i64 %{name}, ptr %{name}.at")
    if shared:
        lines.append("call void @GOMP_parallel(ptr @thread, ptr %call, i32 0, i32 0)")
    else:
        lines.append("call void @share(ptr %call, i64 0, i64 1)")
    lines.append("ret void\n}")
    return [*lines, _THREAD] if shared else lines


def _step(rows: int) -> int:
    """Inputs of one turn of the innermost loop, a divisor of a block's."""
    return max(_WORK // rows, 2)


def _each(rows: int) -> list[str]:
    """The vectors of a tile: row and half."""
    return [f"{row}.{half}" for row in range(rows) for half in _HALVES]


def _nibbles(turn: int) -> list[str]:
    """16 bytes, the first half's weights in the low four bits: scale times that, and an offset."""
    lines = [
        f"""
    %both{turn}.narrow = load <{LANES} x i8>, ptr %weights{turn}, align 1
    %narrow{turn}.0 = and <{LANES} x i8> %both{turn}.narrow, splat (i8 15)
    %narrow{turn}.1 = lshr <{LANES} x i8> %both{turn}.narrow, splat (i8 4)"""
    ]
    for half in _HALVES:
        name = f"{turn}.{half}"
        lines.append(f"""
        %whole{name} = zext <{LANES} x i8> %narrow{name} to <{LANES} x i32>
        %number{name} = sitofp <{LANES} x i32> %whole{name} to {_VECTOR}
        %wide{name} = call {_VECTOR} @llvm.fma.v{LANES}f32({_VECTOR} %number{name}, \
{_VECTOR} %scale0.{half}, {_VECTOR} %scale1.{half})""")
    return lines


def _bytes(turn: int) -> list[str]:
    """A signed byte for each output, times a scale."""
    lines = []
    for half in _HALVES:
        name = f"{turn}.{half}"
        lines.append(f"""
        %narrow{name}.at = getelementptr i8, ptr %weights{turn}, i64 {half * LANES}
        %narrow{name} = load <{LANES} x i8>, ptr %narrow{name}.at, align 1
        %whole{name} = sext <{LANES} x i8> %narrow{name} to <{LANES} x i32>
        %number{name} = sitofp <{LANES} x i32> %whole{name} to {_VECTOR}
        %wide{name} = fmul {_VECTOR} %number{name}, %scale0.{half}""")
    return lines


def _bfloat16(turn: int) -> list[str]:
    """16 pairs, the first half's weights in the low 16 bits: each is the upper half of a float32."""
    return [
        f"""
    %pairs{turn} = load <{LANES} x i32>, ptr %weights{turn}, align 1
    %bits{turn}.0 = shl <{LANES} x i32> %pairs{turn}, splat (i32 16)
    %bits{turn}.1 = and <{LANES} x i32> %pairs{turn}, splat (i32 -65536)
    %wide{turn}.0 = bitcast <{LANES} x i32> %bits{turn}.0 to {_VECTOR}
    %wide{turn}.1 = bitcast <{LANES} x i32> %bits{turn}.1 to {_VECTOR}"""
    ]


def _float16(turn: int) -> list[str]:
    lines = []
    for half in _HALVES:
        name = f"{turn}.{half}"
        lines.append(f"""
        %narrow{name}.at = getelementptr i8, ptr %weights{turn}, i64 {half * LANES * 2}
        %narrow{name} = load <{LANES} x half>, ptr %narrow{name}.at, align 1
        %wide{name} = fpext <{LANES} x half> %narrow{name} to {_VECTOR}""")
    return lines


_FORMS: dict[str, tuple[int, int, Callable[[int], list[str]]]] = {
    "nibbles": (2, TILE // 2, _nibbles),
    "bytes": (1, TILE, _bytes),
    "bfloat16": (0, TILE * 2, _bfloat16),
    "float16": (0, TILE * 2, _float16),
}
"""Of each form: how many float16 numbers a block has for each output, bytes of an input's weights,
and how these are widened to `%wide{turn}.{half}`."""

_DECLARED = f"""
declare {_VECTOR} @llvm.fma.v{LANES}f32({_VECTOR}, {_VECTOR}, {_VECTOR})
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)
declare i32 @omp_get_thread_num()
declare i32 @omp_get_num_threads()
declare void @GOMP_parallel(ptr, ptr, i32, i32)"""

_ENDS = """
br label %span.done
span.done:
%span.more = icmp ult i64 %to, %inputs
br i1 %span.more, label %span.begin, label %group.done
group.done:
%group.next = add i64 %group, 1
%group.more = icmp ult i64 %group.next, %groups
br i1 %group.more, label %group.begin, label %tile.done
tile.done:
%tile.next = add i64 %tile, 1
br label %tile.test
end:
ret void
}"""

_THREAD = """
define internal void @thread(ptr %call) {
%number = call i32 @omp_get_thread_num()
%count = call i32 @omp_get_num_threads()
%me = zext i32 %number to i64
%all = zext i32 %count to i64
call void @share(ptr %call, i64 %me, i64 %all)
ret void
}"""
