import RunFile
