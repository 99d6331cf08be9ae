"""The launch over HTTP: what everyone reads, and where records are handed in (`aztrust serve`).

Starlette and uvicorn are the extra `serve`; nothing outside of this package imports them.
"""
