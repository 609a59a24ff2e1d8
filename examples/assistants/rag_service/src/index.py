import math
import re
from collections import Counter

from shared_models import Document, SearchHit, SearchQuery


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


class Index:
    """Ranks documents by the cosine of their TF-IDF vectors with the query's."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}
        self._counts: dict[str, Counter[str]] = {}
        self._in_documents: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._documents)

    def add(self, document: Document) -> None:
        self._documents[document.id] = document
        self.rebuild()

    def rebuild(self) -> None:
        self._counts = {id: words(document.text) for id, document in self._documents.items()}
        self._in_documents = Counter(word for counts in self._counts.values() for word in counts)

    def search(self, query: SearchQuery) -> list[SearchHit]:
        asked = self._weights(words(query.text))
        scored = (
            SearchHit(document=self._documents[id], score=_cosine(asked, self._weights(counts)))
            for id, counts in self._counts.items()
        )
        found = [hit for hit in scored if hit.score > 0]
        return sorted(found, key=lambda hit: hit.score, reverse=True)[: query.limit]

    def _weights(self, counts: Counter[str]) -> dict[str, float]:
        total = len(self._documents) + 1
        return {
            word: count * math.log(1 + total / (1 + self._in_documents[word]))
            for word, count in counts.items()
        }


def _cosine(a: dict[str, float], b: dict[str, float]) -> float:
    dot = sum(weight * b.get(word, 0.0) for word, weight in a.items())
    norms = math.hypot(*a.values()) * math.hypot(*b.values())
    return dot / norms if norms else 0.0
