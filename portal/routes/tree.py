"""Routes of tree."""

from fastapi import APIRouter

router = APIRouter()
