"""Pages of other sites: what they can make a browser send is refused before any handler runs."""

import json

import pytest

SITES = [('cross-site', 400), ('same-site', 400), ('', 200), ('same-origin', 200), ('none', 200)]


@pytest.mark.parametrize('site, code', SITES)
def test_requests_without_origin_are_of_this_site(face, site, code):
    connected = []
    face.server.on('connect', lambda sid, environ: connected.append(sid))
    assert face.request('GET', 'EIO=4&transport=polling', HTTP_SEC_FETCH_SITE=site).code == code
    assert len(connected) == (code == 200)


def test_a_page_of_any_site_may_come_where_any_origin_is_accepted(face_of):
    for origins in ('*', []):
        face = face_of(cors_allowed_origins=origins)
        assert face.request('GET', 'EIO=4&transport=polling', HTTP_SEC_FETCH_SITE='cross-site').code == 200


JSONP = 'EIO=4&transport=polling&j=0'


def test_jsonp_is_off(face):
    assert face.request('GET', JSONP, HTTP_SEC_FETCH_SITE='same-origin').code == 400


@pytest.mark.parametrize('environ, code', [
    ({}, 400),
    ({'HTTP_SEC_FETCH_SITE': 'cross-site'}, 400),
    ({'HTTP_SEC_FETCH_SITE': 'none'}, 400),
    ({'HTTP_REFERER': 'http://evil.example/'}, 400),
    ({'HTTP_SEC_FETCH_SITE': 'same-origin'}, 200),
    ({'HTTP_REFERER': 'http://localhost/page'}, 200),
    ({'HTTP_ORIGIN': 'http://localhost'}, 200),
])
def test_jsonp_is_for_pages_that_are_known_to_be_accepted(face_of, environ, code):
    assert face_of(jsonp=True).request('GET', JSONP, **environ).code == code


def test_jsonp_of_another_page_tells_nothing_of_a_session(face_of):
    face = face_of(jsonp=True)
    reply = face.request('GET', JSONP, HTTP_SEC_FETCH_SITE='same-origin')
    sid = json.loads(json.loads(reply.text[len('___eio[0](') : -2])[1:])['sid']
    face.call('send', sid, 'a secret')
    stolen = face.request('GET', f'{JSONP}&sid={sid}')
    assert stolen.code == 400 and 'secret' not in stolen.text
    assert 'a secret' in face.request('GET', f'{JSONP}&sid={sid}', HTTP_SEC_FETCH_SITE='same-origin').text


UNREADABLE = ['http://a.example\xff', 'http://b\xfccher.example', '\u20ac', 'http://a\x00']


@pytest.mark.parametrize('value', UNREADABLE)
def test_an_origin_that_cannot_be_read_is_not_accepted(face, value):
    assert face.request('GET', 'EIO=4&transport=polling', HTTP_ORIGIN=value).code == 400


@pytest.mark.parametrize('value', UNREADABLE)
@pytest.mark.parametrize('field, code', [
    ('HTTP_HOST', 400), ('HTTP_SEC_FETCH_SITE', 400), ('HTTP_TRANSFER_ENCODING', 400), ('HTTP_CONTENT_ENCODING', 400),
])
def test_no_field_that_decides_counts_as_missing_when_it_cannot_be_read(face, field, code, value):
    sid = face.open()
    assert face.request('POST', f'EIO=4&sid={sid}', b'4a', **{field: value}).code == code
