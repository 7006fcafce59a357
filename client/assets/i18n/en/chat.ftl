# Chat.
rail-chat = Chat
chat-room = Room chat
chat-room-about = Everybody in the room reads it, and so does the server
chat-room-read-by = Everybody in this room reads what is written here, and the server keeps it. Write to one person to be alone.
chat-room-empty = Nobody has written yet
chat-empty = Nobody has written yet. Say hello below.
chat-off = This class has no room chat.
chat-quiet = It is quiet: only the instructor writes.
chat-write = Write to the room
chat-write-slow = Write to the room. The instructor has slowed the chat.
chat-send = Send
chat-save = Save
chat-search = Search people and messages
chat-search-end = End the search
chat-found = { $n ->
    [0] Nothing was found for “{ $words }”.
    [one] One message with “{ $words }”
   *[other] { $n } messages with “{ $words }”
}
chat-found-many = The newest { $n } messages with “{ $words }”
chat-older = Show older messages
chat-today = Today
chat-edited = edited
chat-waits = Being sent
chat-taken = This message was taken away.
chat-taken-moderator = The instructor took this message away.
chat-quoted-gone = A message that is not here any more
chat-reply = Reply
chat-edit = Edit
chat-copy = Copy
chat-delete = Delete
chat-replies = To { $name }:
chat-edits = Your message:
chat-thumbs-up = Thumbs up
chat-heart = Heart
chat-laugh = Laugh
chat-party = Party
chat-surprised = Surprised
chat-question = Question
chat-details-show = About this chat
chat-details-hide = Hide what is about this chat
chat-keys = On a message: R replies, E edits, Delete takes away, 1 to 6 react, Enter opens the menu. In the field: arrow up edits your last message, Shift+Enter begins a line, three backticks on a line begin and end code.
chat-slow = Slow the chat
chat-slow-about = Least time between two messages of everybody but instructors
chat-slow-off = Not slowed
chat-slow-s = { $s } seconds
chat-toast = { $name } wrote: { $text }
chat-error-not-allowed = Only who wrote a message changes it, and only who wrote it or an instructor takes it away.
chat-error-length = A message has 1 to { $max } bytes that can be seen. Send a file instead.
chat-error-too-fast = That was too much at once. Try again in { $s ->
    [one] one second
   *[other] { $s } seconds
}.
chat-error-slow = The instructor has slowed the chat. Write again in { $s ->
    [one] one second
   *[other] { $s } seconds
}.
chat-error-gone = This message is not there any more.
chat-error-not-kept = The server cannot keep messages at present, and nobody has seen yours: its disk may be full. Tell your instructor, and try again.
chat-error-not-connected = The connection to the class is lost. Try again when it is back.
