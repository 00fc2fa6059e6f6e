"""A Django project in one file, with the application of `app` in front of it as the documentation has it.

`application` is what Django's `runserver`, WSGI and ASGI servers are given: for WSGI or ASGI, as `app` is.
"""

from django.conf import settings

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=['127.0.0.1'],
        DEBUG=True,
        INSTALLED_APPS=['django.contrib.staticfiles'],
        ROOT_URLCONF='django_site',
        SECRET_KEY='for tests only',
        STATIC_URL='static/',
        WSGI_APPLICATION='django_site.application',
    )

import engineio_rs
from app import MODE, server
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

urlpatterns = [path('hello', lambda request: HttpResponse('hello from Django'))]
if MODE == 'asgi':
    application = engineio_rs.ASGIApp(server, get_asgi_application())
else:
    application = engineio_rs.WSGIApp(server, get_wsgi_application())
