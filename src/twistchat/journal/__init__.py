"""
Journals.  Each has a log (L{ILog <twistchat.interfaces.ILog>}) and a history that follows it
(L{IHistory <twistchat.interfaces.IHistory>}).
"""
