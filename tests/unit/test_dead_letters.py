"""Dead letters through the API."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from loupe_query.access.keys import hash_key, new_key
from loupe_query.operate import office as office_module
from loupe_query.operate.jobs import Jobs
from loupe_query.operate.memory import MemoryLetters
from loupe_query.operate.office import Office
from loupe_query.operate.valkey_letters import ValkeyLetters
from loupe_shared.adapters.memory import MemoryOutstanding, MemoryPublisher
from loupe_shared.api.operate import DeadLetterInFull, DeadLetterPage, Source
from loupe_shared.messages import ClassifyJob, StoreBatch
from loupe_shared.settings import BrokerSettings
from tests.apps import api, archive
from tests.factories import NOON, image_ref, result

PATH = "/v1/dead-letters"
UNKNOWN = "0" * 32
JOB = ClassifyJob(images=(image_ref("a.jpg"),))
BATCH = StoreBatch(results=(result("b.jpg"),))


class Letters:
    """Dead letters of both queues: a job, a batch, and a job that is malformed, in this order."""

    def __init__(self) -> None:
        self.publisher = MemoryPublisher()
        jobs = Jobs(MemoryOutstanding(), self.publisher)
        self.classify, self.store = MemoryLetters(Source.CLASSIFY, jobs), MemoryLetters(Source.STORE, jobs)
        self.classify.bury(JOB.to_json(), "KeyError: 'x'", NOON)
        self.store.bury(BATCH.to_json(), "OSError: the Disk is full", NOON + timedelta(seconds=1))
        self.classify.bury('{"version": 1}', "malformed: images", NOON + timedelta(seconds=2))
        self.office = Office([self.classify, self.store])

    def ids(self) -> list[str]:
        """Ids of the job, the batch and what is malformed."""
        job, malformed = (letter.id for letter in self.classify.letters())
        (batch,) = (letter.id for letter in self.store.letters())
        return [job, batch, malformed]


@pytest.fixture
def letters() -> Letters:
    """Three dead letters."""
    return Letters()


@pytest.fixture
def client(letters: Letters) -> Iterator[TestClient]:
    """A client of the API over them."""
    with api(archive(office=letters.office), raises=True) as client:
        yield client


def listed(client: TestClient, **query: Any) -> list[str]:  # noqa: ANN401
    """The ids of letters in a list."""
    return [letter["id"] for letter in client.get(PATH, params=query).json()["letters"]]


def test_a_list_has_the_newest_first_and_no_messages(client: TestClient, letters: Letters) -> None:
    job, batch, malformed = letters.ids()
    answer = client.get(PATH).json()
    DeadLetterPage.model_validate(answer)
    assert answer["next"] is None
    assert [letter["id"] for letter in answer["letters"]] == [malformed, batch, job]
    assert answer["letters"][1] == {
        "id": batch,
        "source": "store",
        "reason": "OSError: the Disk is full",
        "at": "2026-11-22T12:00:01Z",
        "images": [{"container": "images", "blob": "b.jpg"}],
    }


def test_a_list_can_be_filtered(client: TestClient, letters: Letters) -> None:
    job, batch, malformed = letters.ids()
    assert listed(client, source="classify") == [malformed, job]
    assert listed(client, reason="disk IS") == [batch]
    assert listed(client, reason="disk", source="classify") == listed(client, source="events") == []


def test_a_list_goes_on_where_it_was_while_letters_come_and_go(client: TestClient, letters: Letters) -> None:
    job, batch, malformed = letters.ids()
    first = client.get(PATH, params={"limit": 1}).json()
    letters.store.bury("{}", "late", NOON + timedelta(days=1))
    client.post(f"{PATH}/dismiss", json={"ids": [malformed]})
    second = client.get(PATH, params={"limit": 1, "cursor": first["next"]}).json()
    third = client.get(PATH, params={"limit": 1, "cursor": second["next"]}).json()
    assert [page["letters"][0]["id"] for page in (first, second, third)] == [malformed, batch, job]
    assert third["next"] is None


def test_a_letter_has_its_message(client: TestClient, letters: Letters) -> None:
    job, _, malformed = letters.ids()
    answer = client.get(f"{PATH}/{job}").json()
    DeadLetterInFull.model_validate(answer)
    assert (answer["message"], answer["obstacle"]) == (JOB.to_json(), None)
    assert client.get(f"{PATH}/{malformed}").json()["obstacle"] == (
        "it is malformed and would be set aside again: images: Field required"
    )


def test_secrets_are_not_shown(client: TestClient, letters: Letters) -> None:
    letters.store.bury('{"url": "https://h/c/b?sig=s3cret"}', "AccountKey=s3cret==", NOON + timedelta(days=1))
    (letter,) = client.get(PATH, params={"limit": 1}).json()["letters"]
    assert "s3cret" not in str(letter) + client.get(f"{PATH}/{letter['id']}").text


@pytest.mark.parametrize("by", ["ids", "filter"])
def test_what_is_replayed_is_published_and_what_is_malformed_stays(
    client: TestClient, letters: Letters, by: str
) -> None:
    job, batch, malformed = letters.ids()
    choice = {"ids": {"ids": [job, batch, malformed, UNKNOWN]}, "filter": {"filter": {}}}[by]
    answer = client.post(f"{PATH}/replay", json=choice).json()
    detail = "it is malformed and would be set aside again: images: Field required"
    assert answer == {
        "replayed": 2,
        "refused": 1,
        "refusals": [{"id": malformed, "detail": detail}],
        "missing": 1 if by == "ids" else 0,
        "more": False,
    }
    assert letters.publisher.messages == [JOB, BATCH]
    assert listed(client) == [malformed]


def test_what_is_dismissed_is_gone(client: TestClient, letters: Letters) -> None:
    job, batch, malformed = letters.ids()
    dismiss = f"{PATH}/dismiss"
    assert client.post(dismiss, json={"ids": [job, UNKNOWN]}).json() == {"dismissed": 1, "missing": 1, "more": False}
    assert client.post(dismiss, json={"filter": {"reason": "MALFORMED"}}).json()["dismissed"] == 1
    assert listed(client) == [batch]
    assert client.get(f"{PATH}/{malformed}").status_code == 404
    assert letters.publisher.messages == []


def test_of_very_many_a_part_is_done_and_the_refused_do_not_stand_in_the_way(
    client: TestClient, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_module, "MAX_AT_ONCE", 2)
    for number in range(2):
        letters.classify.bury(JOB.to_json(), f"later {number}", NOON)
    first = client.post(f"{PATH}/replay", json={"filter": {"source": "classify"}}).json()
    second = client.post(f"{PATH}/replay", json={"filter": {"source": "classify"}}).json()
    assert (first["replayed"], first["more"]) == (2, True)
    assert (second["replayed"], second["refused"], second["more"]) == (1, 1, False)


@pytest.mark.parametrize("action", ["replay", "dismiss"])
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": [UNKNOWN], "filter": {}},
        {"ids": []},
        {"ids": [UNKNOWN] * 501},
        {"ids": ["../x"]},
        {"filter": None},
        {"filter": {"source": "other"}},
        {"filter": {"label": "cat"}},
        {"filter": {"reason": "x" * 201}},
        {"source": "store"},
        [],
    ],
)
def test_neither_both_and_nonsense_change_nothing(
    client: TestClient, letters: Letters, action: str, body: object
) -> None:
    assert client.post(f"{PATH}/{action}", json=body).status_code == 422
    assert letters.publisher.messages == []
    assert len(listed(client)) == 3


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{PATH}/{UNKNOWN}", 404),
        (f"{PATH}/{'A' * 32}", 422),
        (f"{PATH}/replay", 422),
        (f"{PATH}?limit=501", 422),
        (f"{PATH}?cursor=1-x", 422),
        (f"{PATH}?source=other", 422),
        (f"{PATH}?label=cat", 422),
    ],
)
def test_what_is_refused(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")


def test_only_operators_may(tmp_path: Path, letters: Letters) -> None:
    keys = {name: new_key() for name in ("ada", "bob")}
    scopes = {"ada": ["read", "review"], "bob": ["operate"]}
    entries = [{"name": name, "sha256": hash_key(key), "scopes": scopes[name]} for name, key in keys.items()]
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(entries))
    statuses = []
    with api(archive(office=letters.office), api_keys_file=file) as client:
        for key in keys.values():
            headers = {"X-API-Key": key}
            statuses += [
                client.get(PATH, headers=headers).status_code,
                client.get(f"{PATH}/{letters.ids()[0]}", headers=headers).status_code,
                client.post(f"{PATH}/replay", json={"ids": [UNKNOWN]}, headers=headers).status_code,
                client.post(f"{PATH}/dismiss", json={"ids": [UNKNOWN]}, headers=headers).status_code,
                client.post("/v1/images/reclassify", json={"filter": {}}, headers=headers).status_code,
            ]
        assert client.get(PATH).status_code == 401
    assert statuses == [403] * 5 + [200] * 5


def test_a_broker_that_is_away_is_503(unused_port: int) -> None:
    away = BrokerSettings(broker_url=f"redis://127.0.0.1:{unused_port}/0")
    box = ValkeyLetters(away, Source.CLASSIFY, Jobs(MemoryOutstanding(), MemoryPublisher()))
    with api(archive(office=Office([box]))) as client:
        answers = [client.get(PATH), client.get(f"{PATH}/{UNKNOWN}")]
        answers += [client.post(f"{PATH}/{action}", json={"filter": {}}) for action in ("replay", "dismiss")]
    assert {answer.status_code for answer in answers} == {503}
