"""Depthwise convolutions of the trainer: the same output and gradients as the library's."""

import pytest
import torch
from torch import Tensor, nn

from core.training.depthwise import DepthwiseConv2d, with_fast_depthwise


def _gradients(model: nn.Conv2d, x: Tensor, weight: Tensor) -> tuple[Tensor, ...]:
    x = x.clone().requires_grad_()
    out = model(x)
    found = torch.autograd.grad((out.float() * weight).sum(), [x, *model.parameters()])
    return out.detach(), *found


def _pair(channels: int, size: int, stride: int) -> tuple[nn.Conv2d, nn.Conv2d]:
    torch.manual_seed(0)
    plain = nn.Conv2d(channels, channels, size, stride, size // 2, groups=channels)
    fast = nn.Conv2d(channels, channels, size, stride, size // 2, groups=channels)
    fast.load_state_dict(plain.state_dict())
    with_fast_depthwise(fast)
    return plain, fast


@pytest.mark.parametrize(("channels", "size", "stride"), [(70, 5, 1), (8, 5, 2), (130, 3, 1), (3, 3, 2)])
def test_output_and_gradients_are_those_of_the_library(channels: int, size: int, stride: int) -> None:
    plain, fast = _pair(channels, size, stride)
    assert type(fast) is DepthwiseConv2d
    x = torch.randn(2, channels, 9, 7).contiguous(memory_format=torch.channels_last)
    weight = torch.randn_like(plain(x))
    for ours, theirs in zip(_gradients(fast, x, weight), _gradients(plain, x, weight), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stride", [1, 2])
def test_in_bfloat16_gradients_differ_by_its_rounding_only(stride: int) -> None:
    plain, fast = _pair(16, 5, stride)
    x = torch.randn(2, 16, 8, 8)
    weight = torch.randn_like(plain(x))
    with torch.autocast("cpu", torch.bfloat16):
        ours = _gradients(fast, x.bfloat16(), weight)
    assert ours[0].dtype is ours[1].dtype is torch.bfloat16
    assert ours[2].dtype is ours[3].dtype is torch.float32
    for mine, theirs in zip(ours, _gradients(plain, x, weight), strict=True):
        assert (mine - theirs).abs().max() <= 0.02 * theirs.abs().max()


def test_only_trained_depthwise_convolutions_with_equal_sides_are_turned() -> None:
    def conv(groups: int = 4, size: tuple[int, int] = (3, 3), **settings: object) -> nn.Conv2d:
        return nn.Conv2d(4, 4, size, padding=1, groups=groups, **settings)  # type: ignore[arg-type]

    left = [conv(groups=1), conv(size=(3, 5)), conv(bias=False), conv(dilation=2), conv(padding_mode="reflect")]
    frozen = conv().requires_grad_(False)
    model = nn.Sequential(*left, frozen, conv())
    with_fast_depthwise(model)
    assert [type(module) for module in model] == [nn.Conv2d] * 6 + [DepthwiseConv2d]
