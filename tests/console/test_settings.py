import pytest
from msgspec.structs import replace

from console.settings import Settings, path, read_settings, write_settings
from engine.errors import SettingsError


def test_what_was_kept_is_there_again() -> None:
    assert read_settings() == Settings()
    write_settings(Settings(theme="light"))
    assert read_settings() == Settings(theme="light")
    assert [one.name for one in path().parent.iterdir()] == ["settings.toml"]


@pytest.mark.parametrize("text", ["theme = ", "theme = 3", 'thene = "light"'])
def test_a_broken_file_is_a_sentence_that_names_it(text: str) -> None:
    path().parent.mkdir(parents=True)
    path().write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"settings\.toml"):
        read_settings()


def test_settings_that_cannot_be_kept_are_a_sentence() -> None:
    path().parent.parent.mkdir(parents=True, exist_ok=True)
    path().parent.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(SettingsError, match="cannot be written"):
        write_settings(Settings(theme="light"))


def test_numbers_are_kept_as_numbers_and_another_theme_leaves_them() -> None:
    write_settings(Settings(keep_days=90, keep_megabytes=5000))
    assert read_settings() == Settings(keep_days=90, keep_megabytes=5000)
    write_settings(replace(read_settings(), theme="light"))
    assert read_settings() == Settings("light", 90, 5000)
