"""What is paid: for researchers and admins. Peer workers have no way to it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ema.services import payments
from ema.services.payments import Whose
from ema.web.access import Here, OurForm, Paymaster
from ema.web.pages import page

router = APIRouter(prefix="/payments", include_in_schema=False)


@router.get("")
def studies(request: Request, here: Here, _me: Paymaster) -> HTMLResponse:
    return page(request, "payments/studies.html", studies=payments.paying(here))


@router.get("/{study_id}")
def books(request: Request, here: Here, me: Paymaster, study_id: str, done: str = "") -> HTMLResponse:
    return page(
        request,
        "payments/books.html",
        books=payments.books(here, study_id, me),
        by_hand=payments.BY_HAND,
        why=payments.WHY,
        done=_DONE.get(done, ""),
    )


_DONE = {"vouchers": "The list was taken in.", "given": "It is noted as given.", "corrected": "It is put right."}


@router.post("/{study_id}/vouchers", dependencies=[OurForm])
def add(
    here: Here,
    me: Paymaster,
    study_id: str,
    pasted: Annotated[str, Form()] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    text = pasted
    if file is not None and file.filename:
        try:
            text = file.file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise payments.CannotPay("The file is no text in UTF-8. Save it as CSV (UTF-8).") from None
    payments.add_vouchers(here, study_id, text, me)
    return _back(study_id, "vouchers")


@router.post("/{study_id}/{participant}/voucher", dependencies=[OurForm])
def voucher(here: Here, me: Paymaster, study_id: str, participant: str) -> Response:
    payments.give_voucher(here, Whose(study_id, participant, me))
    return _back(study_id, "given")


@router.post("/{study_id}/{participant}/given", dependencies=[OurForm])
def given(  # noqa: PLR0917 - the fields of its form
    here: Here,
    me: Paymaster,
    study_id: str,
    participant: str,
    amount: Annotated[str, Form()],
    how: Annotated[str, Form()],
) -> Response:
    payments.give_by_hand(here, Whose(study_id, participant, me), amount, how)
    return _back(study_id, "given")


@router.post("/{study_id}/{participant}/corrected", dependencies=[OurForm])
def corrected(  # noqa: PLR0917 - the fields of its form
    here: Here,
    me: Paymaster,
    study_id: str,
    participant: str,
    amount: Annotated[str, Form()],
    why: Annotated[str, Form()],
    way: Annotated[str, Form()],
) -> Response:
    payments.correct(here, Whose(study_id, participant, me), amount, why, less=way == "less")
    return _back(study_id, "corrected")


@router.get("/{study_id}/ledger.csv")
def export(here: Here, me: Paymaster, study_id: str) -> Response:
    text = payments.export(here, study_id, me)
    headers = {"Content-Disposition": f'attachment; filename="{study_id}_ledger.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def _back(study_id: str, done: str) -> Response:
    return RedirectResponse(f"/payments/{study_id}?done={done}", status_code=303)
