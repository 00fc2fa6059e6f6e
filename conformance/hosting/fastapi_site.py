"""The application of `app`, mounted into one of FastAPI as the documentation has it."""

from app import app
from fastapi import FastAPI

application = FastAPI()
application.mount('/', app)
