import logging
import os

from shared_models import Message
from sqlalchemy import create_engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool

DATABASE_URL = os.getenv(
    "DATABASE_URL", "postgresql+psycopg2://assistants:assistants@postgres:5432/assistants"
)
IN_MEMORY = {"connect_args": {"check_same_thread": False}, "poolclass": StaticPool}
engine = create_engine(DATABASE_URL, **(IN_MEMORY if DATABASE_URL == "sqlite://" else {}))


class Base(DeclarativeBase):
    pass


class StoredMessage(Base):
    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(index=True)
    body: Mapped[str]


def create_tables_when_reachable() -> None:
    try:
        Base.metadata.create_all(engine)
    except OperationalError as error:
        logging.getLogger("uvicorn.error").warning("database not reachable yet: %s", error.orig)


def add_message(message: Message) -> None:
    with Session(engine) as session:
        session.add(StoredMessage(user_id=message.user_id, body=message.model_dump_json()))
        session.commit()


def messages_of(user_id: int) -> list[Message]:
    query = select(StoredMessage).where(StoredMessage.user_id == user_id).order_by(StoredMessage.id)
    with Session(engine) as session:
        return [Message.model_validate_json(row.body) for row in session.scalars(query)]
