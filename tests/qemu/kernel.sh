echo hello from init
hostname
echo one two three | wc
ls /
ls /bin
cat /etc/rc | head -n 3
poweroff
