"""An installation with two bots: one world, a poller and a sender for each bot, phones in the chat with either."""

from functools import partial
from random import Random

from bot.channel import TelegramChannel
from bot.poll import Poller
from bot.sandbox import BotAccount
from ema.config import Settings
from ema.sender import Sender
from ema.services import deliver
from ema.services.receive import gathered
from tests.services.world import TOKEN, World

FIRST, SECOND = 42, 43
TOKENS = {FIRST: TOKEN, SECOND: "43:another-token"}
USERNAMES = {FIRST: "note_bot", SECOND: "other_bot"}


class TwoBots(World):
    accounts = tuple(BotAccount(token, USERNAMES[bot], "Notes") for bot, token in TOKENS.items())

    def start(self):
        super().start()
        self.channels = {bot: self._of(bot) for bot in self.served}
        told = {bot: partial(deliver.told_to_wait, self.here, bot) for bot in self.served}
        self.pollers = {
            bot: Poller(channel, gathered(self.here), lambda: None, told[bot]) for bot, channel in self.channels.items()
        }
        self.senders = {
            bot: Sender(self.here, channel, Random(bot), per_second=1e9) for bot, channel in self.channels.items()
        }

    @property
    def served(self):
        """The bots whose tokens are set."""
        return self.here.settings.bots or tuple(TOKENS)

    def set_tokens(self, *bots):
        """Everything starts anew with the tokens of these bots."""
        self.run(self._leave())
        settings = Settings(data_dir=self.here.settings.data_dir, telegram_token=" ".join(TOKENS[bot] for bot in bots))
        self.here = type(self.here)(self.database, self.vault, self.clock, settings)
        self.start()

    def _of(self, bot):
        return TelegramChannel(TOKENS[bot], "http://in.process", transport=self.sandbox.transport())

    async def _leave(self):
        for channel in self.channels.values():
            await channel.bot.shutdown()

    def close(self):
        self.run(self._leave())
        super().close()

    async def _rest(self):
        while True:
            came = 0
            for poller in self.pollers.values():
                came += await poller.step()
                await poller.settle()
            sent = [await sender.step() for sender in self.senders.values()]
            if not any(sent) and not came:
                return

    def at(self, bot, name, **about):
        """Somebody who has joined by this bot."""
        someone = self.phone(name, bot=USERNAMES[bot])
        someone.join(self.invite()[0], **about)
        return someone

    def sent_by(self, someone):
        """The bots that wrote or tried to write to her."""
        calls = self.sandbox.journal.calls("sendMessage", chat_id=someone.phone.id)
        return {call.bot_id for call in calls}
