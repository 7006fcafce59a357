# Private chat.
chat-list = Back to all chats
private-all = Only the two of you can read a private chat, not the server. Everybody in this room may write to everybody.
private-instructor = Only the two of you can read a private chat, not the server. In this room one of the two is an instructor.
private-off = Private chat is off in this room.
private-off-staff = Private chat is off in this room, but for assistants and instructors among themselves.
private-keys-made = Keys are being made on this computer.
private-own-wrong = The server gives others a key for you that is not yours: what they write to you is read by somebody else. Tell your instructor, and write nothing private here.
private-write-to = Nothing written yet
private-gone = Has left the class
private-away = Away, reads it when they are back
private-kept = Will be delivered when { $name } is there
private-lesson-only = Your keys last for this lesson. Log in with an account, and people can write to you while you are away.
private-unopened = Your account’s keys cannot be opened on this computer, so these last for this lesson. Log in with the password again.
private-older = The server gives older keys of your account than this computer has seen, so nothing that waits there is opened. Tell your instructor.
private-theirs-lesson = Without an account: these keys last for this lesson, and nothing waits for { $name }.
private-blocked = Blocked
private-key-changed-short = Key changed, sending stopped
private-writes = { $name } is writing
private-waits-for = Waits until { $name } is there
private-waits-decision = Waits for your decision
private-you = You: { $text }
private-write = Write to { $name }
private-verified = Verified: you compared the safety number
private-not-verified = Private, not verified yet
private-unknown = Private
private-student = Student
private-empty = What you write to { $name } can be read by nobody else, the server included.
private-missing = { $n ->
    [one] One message did not come.
   *[other] { $n } messages did not come.
}
private-unreadable = { $n ->
    [one] One message cannot be read here
   *[other] { $n } messages cannot be read here
}
private-unreadable-about = It was locked with a key that is not here any more. { $name }’s Lectern has been asked to send it again; you need do nothing.
private-sent = The server has it
private-delivered = Delivered
private-read = Seen
private-trouble = Did not come through
private-unconfirmed = Nobody said that it reached { $name }
private-false-keys = The server gave keys that are not theirs, so nothing was sent. Tell your instructor.
private-refused = Not sent: { $why }
private-chosen = Part of the report
private-stopped = Sending is stopped until you have looked at { $name }’s new key
private-is-gone = { $name } has left the class.
private-is-blocked = You have blocked { $name }.
private-changed = { $name }’s key has changed
private-changed-about = { $name }’s messages are signed with a key that you have not checked. That happens after a new computer or a new seat. It also happens when somebody pretends to be { $name }. Nothing of yours is sent until you have decided.
private-number = Safety number
private-number-of = Safety number of you and { $name }
private-read-out = Read it to each other. The same number must stand on { $name }’s screen.
private-match = They match: verify
private-go-on = Go on unverified
private-differ = They differ: block
private-code = Safety number as a code
private-code-show = Show code
private-code-hide = Hide code
private-copy = Copy
private-same = We compared, they are the same
private-verified-about = Verified. You compared the safety number, and the key is still the one.
private-unverified-about = Not verified yet. Read the safety number to each other: where it is the same, nobody stands between you and { $name }.
private-in-this-chat = In this chat
private-waiting = Waiting to be sent
private-notifications = Tell me of new messages
private-line = The room’s keys in one line
private-line-about = The same words stand on everybody’s screen and on the projector, or somebody has other keys.
private-report = Report…
private-report-not = Not into the report
private-report-to = Report to { $to }
private-report-about = { $n ->
    [0] Choose messages of { $name } by their menu. { $to } will see those, with proof who wrote them, and nothing else.
    [one] { $to } will see one message, with proof that { $name } wrote it, and nothing else.
   *[other] { $to } will see { $n } messages, with proof that { $name } wrote them, and nothing else.
}
private-reports = Reports ({ $n })
private-reported = { $by } reports that { $wrote } wrote: “{ $text }”. It is proven.
private-reported-false = { $by } reports that { $wrote } wrote: “{ $text }”. The proof is false.
private-reported-unknown = { $by } reports that { $wrote } wrote: “{ $text }”. The proof is being checked.
private-block = Block { $name }
private-unblock = Unblock { $name }
private-error-gone = This person is not in the class any more.
private-error-changed = The key of this person has changed. Look at it first.
private-error-blocked = You have blocked this person. Unblock them to write.
private-error-many = Too many of your messages have not arrived yet. Wait until some have.
private-error-keys = The keys for private chat could not be made on this computer. Start the program again.
private-attach = Attach a file
private-file-offered = Not fetched yet
private-file-going = Being fetched
private-file-theirs = Fetched
private-file-coming = Coming
private-file-get = Download
private-file-again = Download again
private-file-show = Show in folder
private-file-saved = saved as { $path }
private-file-damaged = What came is not what was offered, so it was let go
private-file-gone = Not to be had any more: their Lectern has ended
private-file-let-go = Not offered any more
private-kept-title = Kept on this computer
private-kept-about = Encrypted with your account’s keys: nobody reads it who cannot log in as you.
private-forget = Delete this conversation…
private-forget-question = It goes from this computer for good. What { $name } and your other computers keep stays there.
private-forget-yes = Delete
private-size-bytes = { $n ->
    [one] One byte
   *[other] { $n } bytes
}
private-size-kb = { $n } kB
private-size-mb = { $n } MB
private-error-no-files = This class has no attachments.
private-error-large = This file has { $size }, and this class allows { $max }. Send a part of it, or share it another way.
private-error-many-files = The files of your conversations are as large together as this program holds. Start it again to let them go.
private-error-file = { $path }: { $why }. Choose another file.
private-error-not-fetched = The file did not come: the other’s Lectern has ended, or what came was not what was offered. Ask them to send it again.
private-error-no-folder = This computer has no folder for downloads.
