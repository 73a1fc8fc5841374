"""The forward of Llama and its kin over a plan, written out: a third of the operations, same numbers.

transformers spends about 1,000 small operations a step on generality that a decoder of this family has
no use for: views to and fro, masks, caches, a norm in six calls. Here a layer is two norms, four
products, a rotation and the attention. It holds for the classes in `KINDS` and is still only taken
where a trial gives the logits of the model's own forward (`engine.model.probe`).
"""

from typing import Any

import torch
from torch import nn

from engine.model.attention import Plan
from engine.model.linear import Linear, joined

KINDS = ("LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM")
"""Classes of transformers that compute this and nothing else."""


def is_llama(model: Any) -> bool:
    """Whether a model can be taken apart as one of `KINDS`."""
    return type(model).__name__ in KINDS and model.config.hidden_act == "silu"


class Llama:
    """A causal LM of one of `KINDS`, taken apart: it is computed here from then on."""

    @torch.no_grad()
    def __init__(self, model: Any) -> None:
        """`model` keeps its embedding and its configuration; its layers are let go one by one."""
        inner = model.model
        self._angles = inner.rotary_emb
        self._layers = []
        for index in range(len(inner.layers)):
            self._layers.append(_Layer(inner.layers[index]))
            inner.layers[index] = nn.Identity()
        self._norm = _Norm(inner.norm.weight, inner.norm.variance_epsilon)
        self._head = Linear(model.lm_head.weight, model.lm_head.bias)
        model.lm_head = inner.norm = nn.Identity()
        # What stays is copied: the file of the weights is mapped as long as one of them is in use.
        self._embedding = inner.embed_tokens.weight.clone()
        inner.embed_tokens.weight = nn.Parameter(self._embedding, requires_grad=False)

    def __call__(
        self, ids: torch.Tensor, positions: torch.Tensor, plan: Plan, last: torch.Tensor
    ) -> torch.Tensor:
        """Logits `[wanted, vocabulary]` of the tokens at `last: [wanted]` of `ids: [tokens]`."""
        rows = nn.functional.embedding(ids, self._embedding)
        cosine, sine = self._angles(rows.float(), positions[None])
        turns = torch.complex(*(half.chunk(2, -1)[0] for half in (cosine[0], sine[0])))[:, None]
        for layer in self._layers[:-1]:
            rows = layer(rows, turns, plan)
        rows = self._layers[-1](rows, turns, plan, last)
        return self._head(self._norm(rows))


class _Layer:
    """Attention and a gated feed-forward, each on a norm of what came in and added to it."""

    def __init__(self, theirs: Any) -> None:
        attention, mlp = theirs.self_attn, theirs.mlp
        self._index: int = attention.layer_idx
        self._width: int = attention.head_dim
        self._scale: float = attention.scaling
        queried, keyed, valued = attention.q_proj, attention.k_proj, attention.v_proj
        self._queries: int = queried.out_features // self._width
        self._turned = self._queries + keyed.out_features // self._width
        self._heads = self._turned + valued.out_features // self._width
        paired = [_paired(queried, self._width), _paired(keyed, self._width)]
        self._qkv = joined([*paired, valued])
        self._own_norms = _head_norms(attention, self._queries, self._turned)
        self._out = Linear(attention.o_proj.weight, attention.o_proj.bias)
        self._gate_up = joined([mlp.gate_proj, mlp.up_proj])
        self._down = Linear(mlp.down_proj.weight, mlp.down_proj.bias)
        before, between = theirs.input_layernorm, theirs.post_attention_layernorm
        self._before = _Norm(before.weight, before.variance_epsilon)
        self._between = _Norm(between.weight, between.variance_epsilon)

    def __call__(
        self, rows: torch.Tensor, turns: torch.Tensor, plan: Plan, last: torch.Tensor | None = None
    ) -> torch.Tensor:
        """From `[tokens, width]` to the same, or to those rows of it that stand in `last`."""
        seen = self._attend(self._before(rows), turns, plan)
        if last is not None:
            rows, seen = rows[last], seen[last]
        rows = self._out(seen).add_(rows)
        gate, up = self._gate_up(self._between(rows)).chunk(2, -1)
        return self._down(nn.functional.silu(gate).mul_(up)).add_(rows)

    def _attend(self, rows: torch.Tensor, turns: torch.Tensor, plan: Plan) -> torch.Tensor:
        heads = self._qkv(rows).view(len(rows), self._heads, self._width)
        turning = heads[:, : self._turned]
        if self._own_norms is not None:
            turning = self._own_norms(turning)
        # Neighbouring numbers are the parts of a complex one, which is turned by a product: the rows
        # of the weights stand so that those that are turned together are neighbours.
        pairs = turning.float().unflatten(-1, (-1, 2))
        turned = torch.view_as_real(torch.view_as_complex(pairs) * turns).flatten(-2)
        queries, keys = turned.split((self._queries, self._turned - self._queries), 1)
        seen = plan.attend(self._index, queries, keys, heads[:, self._turned :], self._scale)
        return seen.to(rows.dtype).flatten(1)


class _Norm:
    """Root mean square norm (Zhang and Sennrich 2019, arXiv:1910.07467) over the last dimension."""

    def __init__(self, weight: torch.Tensor, epsilon: float) -> None:
        """`weight`: of the last dimension, or of the last two with one norm for each of the first."""
        self._weight, self._epsilon = weight.clone(), epsilon
        self._width = weight.shape[-1]
        self._least = torch.full((1,), epsilon, device=weight.device)

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """From `[…, width]` to the same."""
        if rows.device.type != "cpu" and self._weight.dim() == 1:
            return nn.functional.rms_norm(rows, (self._width,), self._weight, self._epsilon)
        # On a CPU that call is six; these are five, and the two in the middle are of a number a row.
        wide = rows.float()
        length = torch.linalg.vector_norm(wide, dim=-1, keepdim=True)
        scale = torch.addcmul(self._least, length, length, value=1 / self._width).rsqrt_()
        return (wide * scale).to(rows.dtype).mul_(self._weight)


def _head_norms(attention: Any, queries: int, turned: int) -> _Norm | None:
    """The norms that some models put on each head's queries and keys, as one."""
    if not hasattr(attention, "q_norm"):
        return None
    weights = [_neighbours(norm.weight) for norm in (attention.q_norm, attention.k_norm)]
    counts = (queries, turned - queries)
    each = [one.expand(count, -1) for one, count in zip(weights, counts, strict=True)]
    return _Norm(torch.cat(each), attention.q_norm.variance_epsilon)


def _paired(layer: nn.Linear, width: int) -> nn.Linear:
    """The layer with each head's outputs i and i + width / 2 as neighbours."""
    other = nn.Linear(layer.in_features, layer.out_features, bias=False, device="meta")
    for name in ("weight", "bias"):
        mine = getattr(layer, name)
        if mine is not None:
            heads = _neighbours(mine.unflatten(0, (-1, width)).movedim(1, 0)).movedim(0, 1)
            mine = nn.Parameter(heads.flatten(0, 1), requires_grad=False)
        setattr(other, name, mine)
    return other


def _neighbours(halves: torch.Tensor) -> torch.Tensor:
    """The first dimension's i and i + half as neighbours."""
    return halves.unflatten(0, (2, -1)).transpose(0, 1).flatten(0, 1)
