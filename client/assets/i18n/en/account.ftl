# Accounts.
error-account-wrong = The account or its password is wrong. Try again, or ask an instructor for a new password.
error-account-session = You are not logged in here any more. Log in with the password of your account.
error-account-no-registration = This server does not let you make an account so. Ask an instructor to make one for you.
error-account-taken = An account of this name, or of one that looks like it, is there already. Choose another name.
error-account-characters = The name of an account is made of letters, digits, spaces and - _ . '. Choose another.
error-account-scripts = The letters of this name are of several scripts, some of which look alike. Choose those of one.
error-account-too-many = The server has as many accounts as it keeps. Ask an instructor to remove some.
error-account-not-allowed = The server does not let you do this with accounts. Ask an instructor.
error-account-unavailable = The server's database does not answer or is full, so nothing was changed. Try again, and tell whoever runs the server.
error-account-password-short = The password of an account has at least 8 characters. Choose a longer one.
error-account-password-long = The password is longer than 256 bytes. Choose a shorter one.
error-account-password-hash = This computer has not enough memory to check the password. Close other programs and try again.
join-with-account = With my account
join-account-name = Account
join-account-password = Password of the account
join-logged-in = This computer is logged in with this account: no password is needed.
join-missing-account-password = Join is off until there is the password of the account.
