from pydantic import BaseModel, Field


class Document(BaseModel):
    id: str
    text: str


class SearchQuery(BaseModel):
    text: str = Field(min_length=1)
    limit: int = Field(default=3, ge=1, le=20)


class SearchHit(BaseModel):
    document: Document
    score: float
