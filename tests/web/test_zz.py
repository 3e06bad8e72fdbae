from tests.security.addresses import addresses
from tests.web.client import visitor
def test_x(app, sample):
    s=visitor(app,"street"); a=s.post("/language", {"lang":"zh-CN","next":"/"}); print(a.status_code)
    for ad in addresses(app,sample,"c1"):
        if "building" in ad.path and "fragments" in ad.path:
            r=s.get(ad.path); t=r.text
            i=t.find("aria-label=\"1-101"); print(ad.path, r.status_code, t[i:i+80]); print(t[:300])
    assert 0
