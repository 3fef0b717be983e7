"""What many would run instead: a FastAPI route around a transformers pipeline. Started as a process of its own.

It keeps no conversation, stores nothing and checks nothing, so it has less to do than the server it stands beside.
"""

import argparse
import socket

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import pipeline


class Asked(BaseModel):
    """The body of a request."""

    text: str


def create_app(model: str) -> FastAPI:
    """Build the application around a model folder, as the first page of a tutorial would."""
    app = FastAPI()
    classify = pipeline("text-classification", model=model)

    @app.post("/chat")
    def chat(asked: Asked) -> dict[str, str]:
        found = classify(asked.text)[0]
        return {"text": f"A reply of about this length, {found['label']}."}

    return app


def main() -> None:
    """Serve until terminated, on a socket that somebody else has bound."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--fd", type=int, required=True)
    chosen = arguments.parse_args()
    config = uvicorn.Config(create_app(chosen.model), log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=chosen.fd)])


if __name__ == "__main__":
    main()
