"""`switchboard data forget`: completes erasures in what nights keep in files."""

from typing import Any

from bot.cli.output import Json, fail, note, print_json, stages
from bot.errors import StoreError
from bot.house import STORE
from bot.settings import home_dir
from bot.store.duty import SYSTEM
from bot.store.erasure import finish_erasure, has_learned, note_learned, pending_erasures, read_certificate
from bot.store.journal import Change, write_change
from bot.store.writer import connect
from training.nightly.erasing import scrub, survey
from training.nightly.lock import Busy, night_lock


def forget(as_json: Json = False) -> None:
    """Take erased customers out of the files of nights and of the gold set; a server runs this after an erasure.

    It waits for no night: while one is on it changes nothing and fails.
    """
    home = home_dir()
    done: list[dict[str, Any]] = []
    if (home / STORE).is_file():
        try:
            db = connect(home / STORE)
            with night_lock(home), stages() as show:
                found = pending_erasures(db)
                for count, (erasure_id, traces) in enumerate(found.items(), 1):
                    if not has_learned(db, erasure_id):
                        note_learned(db, erasure_id, survey(home, traces)._asdict())
                    scrub(home, traces)
                    with db.atomic():
                        finish_erasure(db, erasure_id)
                        write_change(db, Change(SYSTEM, SYSTEM, "customer.erased", erasure_id))
                    done.append(read_certificate(db, erasure_id))
                    show("erasures", count, len(found))
            db.conn.close()
        except (StoreError, Busy, OSError) as exc:
            fail(str(exc))
    if as_json:
        print_json({"erasures": done})
    else:
        note(f"{len(done)} erasures completed")
