"""What providers post to us, shaped as in anymail's own tests, signed or with the password as each does it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client

SECRET = "mail:long-and-random"
BASIC = {"HTTP_AUTHORIZATION": "Basic " + base64.b64encode(SECRET.encode()).decode()}
SIGNING_KEY = "mailgun-signs-with-this"
SENDGRID = ec.generate_private_key(ec.SECP256R1())
SENDGRID_KEY = base64.b64encode(
    SENDGRID.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()


@dataclass(frozen=True)
class Post:
    """One call of a provider's: its path's last part, its body and its headers."""

    provider: str
    body: bytes
    headers: dict[str, str]

    def to(self, client: Client, **changed: str) -> int:
        """The status it is answered with."""
        headers = {**self.headers, **changed}
        path = f"/letters/events/{self.provider}/"
        return client.post(path, self.body, content_type="application/json", **headers).status_code  # type: ignore[arg-type]  # headers


def mailgun(kind: str, message_id: str, to: str, at: datetime, pk: int | None = None, token: str = "tok") -> Post:
    """Mailgun's JSON with its signature block; a retry is signed anew."""
    events: dict[str, dict[str, Any]] = {
        "delivered": {"event": "delivered", "delivery-status": {"code": 250, "message": "OK"}},
        "hard": {"event": "failed", "severity": "permanent", "reason": "bounce",
                 "delivery-status": {"code": 550, "message": f"5.1.1 <{to}> user unknown"}},
        "soft": {"event": "failed", "severity": "permanent", "reason": "generic",
                 "delivery-status": {"code": 552, "message": "5.2.2 mailbox full"}},
        "deferred": {"event": "failed", "severity": "temporary", "reason": "generic",
                     "delivery-status": {"code": 452, "message": "4.2.2 mailbox full"}},
        "complained": {"event": "complained"},
        "unsubscribed": {"event": "unsubscribed"},
        "opened": {"event": "opened", "client-info": {"user-agent": "Mozilla"}},
        "clicked": {"event": "clicked", "url": "https://example.org/"},
    }  # fmt: skip
    data = {**events[kind], "id": "x", "timestamp": at.timestamp(), "recipient": to,
            "message": {"headers": {"message-id": message_id, "to": to}},
            "user-variables": {} if pk is None else {"mailing": str(pk)}}  # fmt: skip
    stamp = str(int(at.timestamp()))
    signature = hmac.new(SIGNING_KEY.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    block = {"timestamp": stamp, "token": token, "signature": signature}
    return Post("mailgun", json.dumps({"signature": block, "event-data": data}).encode(), {})


def postmark(kind: str, message_id: str, to: str, at: datetime, pk: int | None = None) -> Post:
    """Postmark's JSON; nothing is signed, the password is in the address."""
    when = at.isoformat()
    bounce = {"RecordType": "Bounce", "ID": 901542550, "Email": to, "BouncedAt": when, "Details": f"smtp;550 {to}"}
    events: dict[str, dict[str, Any]] = {
        "delivered": {"RecordType": "Delivery", "Recipient": to, "DeliveredAt": when, "Details": "Test"},
        "hard": {**bounce, "Type": "HardBounce"},
        "soft": {**bounce, "Type": "SoftBounce"},
        "deferred": {**bounce, "Type": "Transient"},
        "complained": {**bounce, "RecordType": "SpamComplaint", "Type": "SpamComplaint"},
        "unsubscribed": {"RecordType": "SubscriptionChange", "Recipient": to, "ChangedAt": when,
                         "SuppressSending": True, "SuppressionReason": "ManualSuppression"},
        "opened": {"RecordType": "Open", "Recipient": to, "ReceivedAt": when, "FirstOpen": True},
        "clicked": {"RecordType": "Click", "Recipient": to, "ReceivedAt": when, "OriginalLink": "https://example.org"},
    }  # fmt: skip
    metadata = {} if pk is None else {"mailing": str(pk)}
    body = {**events[kind], "MessageID": message_id, "Metadata": metadata}
    return Post("postmark", json.dumps(body).encode(), BASIC)


def brevo(kind: str, message_id: str, to: str, at: datetime, pk: int | None = None) -> Post:
    """Brevo's JSON; the password is in the address."""
    events = {
        "delivered": "delivered", "hard": "hard_bounce", "soft": "soft_bounce", "deferred": "deferred",
        "complained": "spam", "unsubscribed": "unsubscribe", "opened": "unique_opened", "clicked": "click",
    }  # fmt: skip
    body = {"event": events[kind], "email": to, "id": 1, "ts_epoch": int(at.timestamp() * 1000), "subject": "A",
            "message-id": f"<{message_id}>", "reason": "mailbox", "ts_event": 1} | (
        {} if pk is None else {"X-Mailin-custom": json.dumps({"mailing": str(pk)})}
    )  # fmt: skip
    return Post("brevo", json.dumps(body).encode(), BASIC)


def sendgrid(kind: str, message_id: str, to: str, at: datetime, pk: int | None = None) -> Post:
    """SendGrid's batch of events, signed with its elliptic key."""
    events: dict[str, dict[str, Any]] = {
        "delivered": {"event": "delivered", "response": "250 OK"},
        "hard": {"event": "bounce", "type": "bounce", "reason": "550 no such user", "status": "5.1.1"},
        "soft": {"event": "bounce", "type": "blocked", "reason": "550 5.7.1 content refused"},
        "deferred": {"event": "deferred", "response": "400 try again later"},
        "complained": {"event": "spamreport"},
        "unsubscribed": {"event": "unsubscribe"},
        "opened": {"event": "open", "useragent": "Mozilla"},
        "clicked": {"event": "click", "url": "https://example.org/"},
    }
    metadata = {} if pk is None else {"mailing": str(pk)}
    one = {**events[kind], "email": to, "timestamp": int(at.timestamp()), "smtp-id": "<x@y>", "anymail_id": message_id,
           "sg_event_id": "ZGVsaXZlcmVk", "sg_message_id": "abc.0", **metadata}  # fmt: skip
    body, stamp = json.dumps([one]).encode(), str(int(at.timestamp()))
    signature = base64.b64encode(SENDGRID.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
    headers = {
        "HTTP_X_TWILIO_EMAIL_EVENT_WEBHOOK_SIGNATURE": signature,
        "HTTP_X_TWILIO_EMAIL_EVENT_WEBHOOK_TIMESTAMP": stamp,
    }
    return Post("sendgrid", body, headers)


PROVIDERS: dict[str, tuple[Callable[..., Post], dict[str, str]]] = {
    "mailgun": (mailgun, {"MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY}),
    "postmark": (postmark, {"WEBHOOK_SECRET": SECRET}),
    "brevo": (brevo, {"WEBHOOK_SECRET": SECRET}),
    "sendgrid": (sendgrid, {"SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY": SENDGRID_KEY}),
}
