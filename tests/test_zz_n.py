import torch
from core.attacks.black_box import slope
from core.images import to_tensor
def test_a(linear_detector, small_picture):
    x, m = to_tensor(small_picture), linear_detector.model
    print(m, x.shape, x.is_contiguous(), x.stride())
    for seed in (3,0,1,0):
        torch.manual_seed(seed)
        e,_=slope(m,x,torch.tensor([0]),sigma=.01,samples=800)
        t=(m.linear.weight[1]-m.linear.weight[0]).view_as(e)
        print(float((e*t).sum()/t.square().sum()), float(e.norm()), float(t.norm()))
        e2,_=slope(m,x.clone(),torch.tensor([0]),sigma=.01,samples=800)
        print(e2.stride(), float((e2*t).sum()/t.square().sum()))
    assert 0
