"""The option `cors_allowed_origins`: what is accepted as an origin, what is refused when it is given, what the log says."""

import logging

import pytest
from engineio_rs import AsyncServer, Server

PAGE = 'https://app.example'

#: Spellings of the origin of that page.
SPELLINGS = [
    'https://app.example/',
    'HTTPS://App.Example',
    'https://app.example:443',
    'https://app.example:443/',
    ' https://app.example',
    'https://app.example\n',
    'wss://app.example',
]

#: What no browser sends, with words that say why and what to write instead.
FAULTY = [
    ('', 'is empty', "'https://app.example'"),
    (' ', 'is empty', "'https://app.example'"),
    ('app.example', 'has no scheme', "'https://app.example'"),
    ('app.example/', 'has no scheme', "'https://app.example'"),
    ('//app.example', 'has no scheme', "'https://app.example'"),
    ('localhost', 'has no scheme', "'http://localhost'"),
    ('localhost:3000', 'has no scheme', "'http://localhost:3000'"),
    ('127.0.0.1:3000', 'has no scheme', "'http://127.0.0.1:3000'"),
    ('https://app.example/path', 'has a path', "'https://app.example'"),
    ('https://app.example//', 'has a path', "'https://app.example'"),
    ('https://app.example?q=1', 'has a path', "'https://app.example'"),
    ('https://user@app.example', 'names a user', "'https://app.example'"),
    ('https://*.example', 'has a wildcard', 'a function'),
    ('*.example', 'has a wildcard', 'a function'),
    ('http://localhost:*', 'has a wildcard', 'a function'),
    ('https://bücher.example', 'xn--', 'scheme://host'),
    ('https://', 'has a scheme, a host or a port that is none', 'scheme://host'),
    ('https://app.example:port', 'has a scheme, a host or a port that is none', 'scheme://host'),
    ('https://a.example,https://b.example', 'is not one origin', "['https://a.example', 'https://b.example']"),
    ('https://a.example https://b.example', 'is not one origin', "['https://a.example', 'https://b.example']"),
]


def code(face, origin=PAGE):
    return face.request('GET', 'EIO=4&transport=polling', HTTP_ORIGIN=origin).code


@pytest.mark.parametrize('given', SPELLINGS)
@pytest.mark.parametrize('shape', [str, lambda given: [given], lambda given: ('http://b.example', given)])
def test_spellings_of_an_origin_are_the_same(face_of, given, shape):
    face = face_of(cors_allowed_origins=shape(given))
    assert (code(face), code(face, 'https://other.example'), code(face, PAGE + '/')) == (200, 400, 400)


@pytest.mark.parametrize('sent', ['HTTPS://APP.example', 'https://app.example:443'])
def test_an_origin_that_is_sent_in_other_words_is_the_same(face_of, sent):
    reply = face_of(cors_allowed_origins=[PAGE]).request('GET', 'EIO=4', HTTP_ORIGIN=sent)
    assert (reply.code, reply.values('Access-Control-Allow-Origin')) == (200, [sent])


@pytest.mark.parametrize('origin', ['null', 'capacitor://localhost', 'file://', 'chrome-extension://abc', 'http://[::1]:80'])
def test_pages_that_come_from_no_web_server_can_be_listed(face_of, origin):
    assert (code(face_of(cors_allowed_origins=[origin]), origin), code(face_of(), origin)) == (200, 400)


@pytest.mark.parametrize('given, fault, remedy', FAULTY)
@pytest.mark.parametrize('kind, mode', [(Server, 'threading'), (AsyncServer, 'asgi')])
def test_what_no_browser_sends_is_refused_when_it_is_given(kind, mode, given, fault, remedy):
    server = kind(async_mode=mode)
    for option in (given, [PAGE, given]):
        with pytest.raises(ValueError) as refused:
            kind(async_mode=mode, cors_allowed_origins=option)
        words = str(refused.value)
        assert words.startswith(f'cors_allowed_origins has {given!r}, which ') and fault in words and remedy in words
        with pytest.raises(ValueError):
            server.cors_allowed_origins = option
    assert server.cors_allowed_origins is None


def test_any_origin_in_a_list_is_any(face_of):
    assert code(face_of(cors_allowed_origins=[PAGE, '*']), 'https://other.example') == 200


def test_the_option_stays_as_it_was_given(face_of):
    given = ['https://app.example/', 'robot']
    face = face_of(cors_allowed_origins=given)
    assert face.server.cors_allowed_origins is given
    given.append('https://b.example/')
    assert code(face, 'https://b.example') == 200


def test_names_of_programs_match_and_are_told_at_error(face_of, caplog):
    face = face_of(cors_allowed_origins=['robot', PAGE])
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage().startswith("cors_allowed_origins has 'robot', which no page can match; expected scheme://host")
    assert (code(face, 'robot'), code(face), code(face, 'Robot')) == (200, 200, 400)


@pytest.mark.parametrize('option, shown', [
    (['https://b.example/', 'http://a.example'], 'accepted: "http://a.example, https://b.example"'),
    ('http://a.example', 'accepted: http://a.example'),
    ((), 'accepted: none'),
    (lambda origin: False, 'accepted: those that the function accepts which was given'),
    (None, 'accepted: the server\'s own, "localhost"'),
])
def test_the_log_of_a_refused_origin_shows_the_option(face_of, option, shown, caplog):
    assert code(face_of(cors_allowed_origins=option), 'https://other.example') == 400
    (record,) = [record for record in caplog.records if 'other.example' in record.getMessage()]
    words = record.getMessage().replace('"', '')
    assert shown.replace('"', '') in words and 'Add it to cors_allowed_origins' in words
    assert '`cors`' not in words
