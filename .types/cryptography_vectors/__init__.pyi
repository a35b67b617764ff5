"""The one function we use; its own annotation leaves open what is in the file."""

from typing import IO

def open_vector_file(filename: str, mode: str) -> IO[str]: ...
