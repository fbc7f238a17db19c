"""The same work done the obvious way: a Celery task for each image, run by Celery's own worker.

    NAIVE_BROKER= NAIVE_BLOBS= NAIVE_MODEL= NAIVE_ARCHIVE= celery -A bench.naive worker

The SDK downloads, Pillow decodes in full, ONNX Runtime infers one image with its defaults, and SQLite gets one row.
"""

import io
import os
import sqlite3
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
from azure.storage.blob import BlobServiceClient
from celery import Celery
from PIL import Image

from loupe_local.azurite import ACCOUNT, CONTAINER, KEY
from loupe_shared.bundle import Bundle

SCHEMA = "CREATE TABLE IF NOT EXISTS results (blob TEXT PRIMARY KEY, label TEXT, score REAL)"
UPSERT = "INSERT OR REPLACE INTO results VALUES (?, ?, ?)"

app = Celery("naive", broker=os.environ["NAIVE_BROKER"])
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)


@cache
def bundle() -> Bundle:
    """The model."""
    return Bundle.load(Path(os.environ["NAIVE_MODEL"]))


@cache
def session() -> onnxruntime.InferenceSession:
    """This process's."""
    return onnxruntime.InferenceSession(str(bundle().model_path()))


@cache
def blobs() -> BlobServiceClient:
    """This process's client."""
    return BlobServiceClient(os.environ["NAIVE_BLOBS"], {"account_name": ACCOUNT, "account_key": KEY})


@cache
def archive() -> sqlite3.Connection:
    """This process's connection."""
    connection = sqlite3.connect(os.environ["NAIVE_ARCHIVE"], timeout=60)
    connection.execute(SCHEMA)
    return connection


@app.task  # type: ignore[untyped-decorator]
def classify(name: str) -> None:
    """Classify one image."""
    data = blobs().get_blob_client(CONTAINER, name).download_blob().readall()
    rule = bundle().manifest.preprocessing
    image = Image.open(io.BytesIO(data)).convert("RGB")
    left, top, edge = rule.kept_box(*image.size)
    box = (left, top, left + edge, top + edge)
    square = image.resize((rule.size, rule.size), Image.Resampling.BICUBIC, box=box)
    probabilities = session().run(["probabilities"], {"images": np.asarray(square)[None]})[0][0]
    best = int(probabilities.argmax())
    with archive() as transaction:
        transaction.execute(UPSERT, (name, bundle().manifest.labels[best], float(probabilities[best])))
