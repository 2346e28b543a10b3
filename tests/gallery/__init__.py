"""The letters of the library as customers see them: pictures of all of them, and judges other than their authors."""
