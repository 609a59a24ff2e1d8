TOOLS = {
    "google_calendar_service": ("meeting", "calendar", "appointment"),
    "rag_service": ("find", "search", "what does"),
    "cron_service": ("remind", "every day"),
}


def choose_tool(text: str) -> str | None:
    lowered = text.lower()
    for tool, words in TOOLS.items():
        if any(word in lowered for word in words):
            return tool
    return None
