"""Which addresses are called for a seller, and which never."""

from __future__ import annotations

import pytest

from portal.deliveries.guard import is_public, problem_of

PUBLIC = (
    *("1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1"),
    *("11.0.0.1", "192.169.0.1", "198.17.255.1", "198.20.0.1", "223.255.255.1"),
    *("2606:4700::1111", "2a00:1450:4001::1", "2400::1"),
    *("::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"),
)
NOT_PUBLIC = (
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255"),
    *("127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255"),
    *("192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255"),
    *("198.51.100.1", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "fc00::1", "fd12::1"),
    *("ff02::1", "100::1", "2001:db8::1", "2001::1", "2001:20::1", "3fff::1", "5f00::1"),
    # An address of that kind inside another.
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::808:808"),
    *("2002:7f00:1::1", "2002:a9fe:a9fe::1"),
    # No address at all, or one in a spelling that others may read as another.
    *("", "localhost", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "8.8.8.8 "),
)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_called(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_other_address_is(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/webhooks",
        "https://shop.example:443/",
        "https://shop.example:8443/hook?of=portal&token=a-b",
        "https://xn--bcher-kva.example/hook",
        "https://1.1.1.1/hook",
        "https://[2606:4700::1111]/hook",
        "HTTPS://Shop.Example/hook",
    ],
)
def test_an_address_of_the_internet_may_be_named(url: str) -> None:
    assert problem_of(url) is None


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://shop.example/hook", "url_not_https"),
        ("ftp://shop.example/hook", "url_not_https"),
        ("file:///etc/passwd", "url_invalid"),
        ("shop.example/hook", "url_invalid"),
        ("https://", "url_invalid"),
        ("https://shop.example:99999/", "url_invalid"),
        ("https://shop.example/hook#part", "url_invalid"),
        ("https://shop.example\\@10.0.0.1/", "url_invalid"),
        ("https://shop.example/a b", "url_invalid"),
        ("https://shop.example/\r\nhost: other", "url_invalid"),
        ("https://büro.example/", "url_invalid"),
        ("https://shop.example/" + 2000 * "a", "url_invalid"),
        ("https://ada:secret@shop.example/", "url_with_password"),
        ("https://ada@shop.example/", "url_with_password"),
        ("https://shop.example:22/", "url_port"),
        ("https://shop.example:80/", "url_port"),
        ("https://shop.example:0/", "url_port"),
        ("https://localhost/", "url_private"),
        ("https://api.localhost/", "url_private"),
        ("https://db/", "url_private"),
        ("https://printer.local/", "url_private"),
        ("https://metadata.google.internal/", "url_private"),
        ("https://127.0.0.1/", "url_private"),
        ("https://127.1/", "url_private"),
        ("https://0x7f.1/", "url_private"),
        ("https://2130706433/", "url_private"),
        ("https://0177.0.0.1/", "url_private"),
        ("https://169.254.169.254/latest/meta-data", "url_private"),
        ("https://[::1]/", "url_private"),
        ("https://[::ffff:10.0.0.1]/", "url_private"),
    ],
)
def test_any_other_is_refused_with_its_reason(url: str, code: str) -> None:
    problem = problem_of(url)

    assert problem is not None
    assert problem.code == code


def test_a_host_that_the_operator_named_may_be_anywhere_and_no_other() -> None:
    named = frozenset({"127.0.0.1", "receiver"})

    assert problem_of("http://127.0.0.1:8099/hook", named) is None
    assert problem_of("http://receiver/hook", named) is None
    assert problem_of("http://127.0.0.2/hook", named) is not None
    assert problem_of("file://receiver/hook", named) is not None
