"""Where customer service works, outside this program: told by mail or by a signed call, both through the outbox."""

from .handover import Handover
from .mail import Letter, MailTarget
from .settings import MailSettings, Security, WebhookSettings
from .webhook import WebhookTarget

__all__ = ["Handover", "Letter", "MailSettings", "MailTarget", "Security", "WebhookSettings", "WebhookTarget"]
